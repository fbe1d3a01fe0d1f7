"""Draws a tree as boxes and edges, everything of one kind in one stroke."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen

from app.drafters import surest
from app.tree.ink import Ink, faded, pen
from app.tree.layout import Kind, Place
from app.tree.shapes import add_node, diamond, tick
from core.decoding.report import NodeState

if TYPE_CHECKING:
    from app.tree.camera import Camera
    from app.tree.scene import Scene

LABEL_WIDTH, LABEL_HEIGHT = 22.0, 12.0
"""A node carries its text from this size on."""

COARSE = 7.0
"""Pixels of a row below which corners and curves cannot be told from blocks and lines, which are drawn much faster."""

BATCH = 32
"""Outlines drawn as one path."""

_WIDTH_STEPS = 6

T = TypeVar("T")


def box(camera: Camera, column: float, row: float) -> QRectF:
    """The rectangle of a node."""
    pitch = camera.column_pitch
    width = pitch - min(26.0, max(0.26 * pitch, min(14.0, pitch / 2)))
    height = min(22.0, 0.77 * camera.row_pitch)
    x, y = camera.to_screen(column, row)
    return QRectF(round(x - width / 2) + 0.5, round(y - height / 2) + 0.5, round(width), round(height))


def edge_width(probability: float) -> float:
    """Pixels of an edge: the draft probability made visible."""
    return 0.8 + 3.4 * probability


def paint_graph(painter: QPainter, scene: Scene, camera: Camera, ink: Ink, sight: QRectF) -> None:
    """Draw the tree; what lies outside `sight` is left out."""
    places, tree = scene.layout.places, scene.tree
    boxes = [box(camera, place.column, place.row) for place in places]
    seen = [sight.intersects(rect) for rect in boxes]
    coarse = camera.row_pitch < COARSE
    _paint_edges(painter, scene, boxes, seen, ink, coarse)
    groups: dict[tuple[bool, str], list[int]] = {}
    for index, place in enumerate(places):
        if seen[index] and place.kind is Kind.NODE and place.node:
            accepted = tree.states[place.node] is NodeState.ACCEPTED
            groups.setdefault((accepted, surest(tree.sources[place.node])), []).append(index)
    for (accepted, source), indices in sorted(groups.items()):
        if coarse and not accepted:
            _paint_blocks(painter, [boxes[index] for index in indices], ink.thin(source))
        else:
            _paint_nodes(painter, [boxes[index] for index in indices], source, accepted, ink)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for (accepted, source), indices in groups.items():
        texts = [(boxes[index], tree.texts[places[index].node]) for index in indices if is_labelled(boxes[index])]
        _paint_labels(painter, texts, ink.palette.surface if accepted else ink.palette.ink, ink)
        if accepted:
            paint_ticks(painter, [boxes[index] for index in indices], ink.source(source), ink)
    if seen[0]:
        paint_root(painter, boxes[0], tree.texts[0], ink)
    for index, place in enumerate(places):
        if seen[index] and place.kind is Kind.FOLD:
            _paint_fold(painter, boxes[index], len(place.hidden), ink)
        elif seen[index] and place.kind is Kind.EXIT:
            paint_exit(painter, boxes[index], tree.exit_text, ink)


def is_labelled(rect: QRectF) -> bool:
    """Whether a node of this size carries its text."""
    return rect.width() >= LABEL_WIDTH and rect.height() >= LABEL_HEIGHT


def paint_root(painter: QPainter, rect: QRectF, text: str, ink: Ink) -> None:
    """The last committed token, solid in the colour of text."""
    painter.setPen(pen(ink.palette.ink, 1))
    painter.setBrush(ink.palette.ink)
    painter.drawRoundedRect(rect, 3, 3)
    if is_labelled(rect):
        painter.setFont(ink.labels.font)
        painter.setPen(ink.palette.surface)
        ink.labels.draw(painter, rect, text)


def paint_exit(painter: QPainter, rect: QRectF, text: str, ink: Ink) -> None:
    """The target's own choice: a diamond, and its text beside it."""
    radius = max(2.5, min(6.5, rect.height() / 2 - 2))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(ink.palette.draft)
    painter.drawPolygon(diamond(QPointF(rect.left() + radius, rect.center().y()), radius))
    if is_labelled(rect):
        painter.setFont(ink.labels.font)
        painter.setPen(ink.palette.draft)
        ink.labels.draw(painter, rect.adjusted(2 * radius, 0, 24, 0), text, centred=False)


def paint_ticks(painter: QPainter, rects: Iterable[QRectF], colour: QColor, ink: Ink) -> None:
    """A tick at the corner of each accepted node."""
    for rect in rects:
        if rect.width() < 12 or rect.height() < 7:
            continue
        radius = min(5.5, rect.height() / 3)
        centre = QPointF(rect.right() - 1, rect.top() + 1)
        painter.setPen(pen(colour, 1))
        painter.setBrush(ink.palette.surface)
        painter.drawEllipse(centre, radius, radius)
        painter.setPen(pen(colour, 1.5))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPolyline(tick(centre, radius * 0.8))


def paint_ring(painter: QPainter, scene: Scene, camera: Camera, place: Place, colour: QColor, width: float) -> None:
    """A ring around the node pointed at or chosen."""
    source = surest(scene.tree.sources[place.node]) if place.kind is Kind.NODE else "model"
    outline = QPainterPath()
    add_node(outline, box(camera, place.column, place.row).adjusted(-3, -3, 3, 3), source)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(pen(colour, width))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPath(outline)


def paint_spine(painter: QPainter, scene: Scene, camera: Camera, ink: Ink, lift: float = 0.0) -> None:
    """The committed text: a trunk of tokens above the root, fading upwards. `lift` moves it down by so many rows."""
    root = box(camera, 0, 0)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    x, top = root.center().x(), camera.to_screen(0, -len(scene.spine) - 0.5)[1]
    if scene.spine:
        painter.setPen(pen(faded(ink.palette.ink, 0.25), 3))
        painter.drawLine(QPointF(x, max(top, -2.0)), QPointF(x, root.top()))
    painter.setFont(ink.labels.font)
    for above, text in enumerate(reversed(scene.spine), start=1):
        rect = box(camera, 0, lift - above)
        if rect.bottom() < 0:
            break
        opacity = max(0.3, 1 - 0.12 * (above - 1))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ink.palette.surface)
        painter.drawRoundedRect(rect, 3, 3)
        painter.setBrush(faded(ink.palette.line, opacity))
        painter.drawRoundedRect(rect, 3, 3)
        if is_labelled(rect):
            painter.setPen(faded(ink.palette.ink, opacity))
            ink.labels.draw(painter, rect, text)


def _paint_nodes(painter: QPainter, rects: list[QRectF], source: str, accepted: bool, ink: Ink) -> None:
    """Outlines of one source, their corners saying which: filled if accepted."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(pen(ink.source(source) if accepted else ink.outline(source), 1))
    painter.setBrush(ink.source(source) if accepted else ink.palette.surface)
    for some in _batches(rects):
        outline = QPainterPath()
        outline.setFillRule(Qt.FillRule.WindingFill)
        for rect in some:
            add_node(outline, rect, source)
        painter.drawPath(outline)


def _paint_labels(painter: QPainter, texts: list[tuple[QRectF, str]], colour: QColor, ink: Ink) -> None:
    painter.setFont(ink.labels.font)
    painter.setPen(colour)
    for rect, text in texts:
        ink.labels.draw(painter, rect, text)


def _paint_blocks(painter: QPainter, rects: list[QRectF], colour: QColor) -> None:
    """Nodes that are too small to have corners."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    painter.drawRects(rects)


def _paint_edges(
    painter: QPainter, scene: Scene, boxes: list[QRectF], seen: list[bool], ink: Ink, coarse: bool
) -> None:
    """All edges: those not taken by probability, then the accepted ones on top, then the dotted one to the exit."""
    places, tree = scene.layout.places, scene.tree
    plain: list[list[tuple[QRectF, QRectF]]] = [[] for _ in range(_WIDTH_STEPS + 1)]
    taken: list[tuple[QPainterPath, float]] = []
    for index, place in enumerate(places[1:], start=1):
        if not (seen[index] or seen[place.parent]) or place.kind is Kind.EXIT:
            continue
        ends = boxes[place.parent], boxes[index]
        if place.kind is Kind.FOLD:
            plain[0].append(ends)
            continue
        probability = tree.probabilities[place.node]
        if tree.states[place.node] is NodeState.ACCEPTED:
            taken.append((_curve(*ends), max(3.5, edge_width(probability) + 1)))
        else:
            plain[round(min(max(probability, 0.0), 1.0) * _WIDTH_STEPS)].append(ends)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, not coarse)
    for step, edges in enumerate(plain):
        if not edges:
            continue
        share = step / _WIDTH_STEPS
        if coarse:
            painter.setPen(QPen(faded(ink.palette.muted, 0.15 + 0.5 * share), 0))
            painter.drawLines([_line(*ends) for ends in edges])
        else:
            painter.setPen(pen(ink.edge, edge_width(share)))
            for some in _batches(edges):
                path = QPainterPath()
                for ends in some:
                    _add_edge(path, *ends)
                painter.drawPath(path)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for path, width in taken:
        painter.setPen(pen(ink.palette.accent, width))
        painter.drawPath(path)
    way_out = scene.layout.exit
    painter.setPen(pen(ink.palette.draft, 1.8, Qt.PenStyle.DotLine))
    painter.drawPath(_curve(boxes[way_out.parent], boxes[places.index(way_out)]))


def _batches(things: Sequence[T]) -> Iterator[Sequence[T]]:
    """So many at once as are drawn fastest: alone, each costs a call; all together, a path that is slow to fill."""
    return (things[start : start + BATCH] for start in range(0, len(things), BATCH))


def _line(parent: QRectF, child: QRectF) -> QLineF:
    return QLineF(parent.right(), parent.center().y(), child.left(), child.center().y())


def _curve(parent: QRectF, child: QRectF) -> QPainterPath:
    path = QPainterPath()
    _add_edge(path, parent, child)
    return path


def _add_edge(path: QPainterPath, parent: QRectF, child: QRectF) -> None:
    start, end = QPointF(parent.right(), parent.center().y()), QPointF(child.left(), child.center().y())
    middle = (start.x() + end.x()) / 2
    path.moveTo(start)
    path.cubicTo(QPointF(middle, start.y()), QPointF(middle, end.y()), end)


def _paint_fold(painter: QPainter, rect: QRectF, count: int, ink: Ink) -> None:
    """A "+n" for improbable siblings."""
    painter.setFont(ink.labels.font)
    painter.setPen(ink.palette.muted)
    if is_labelled(rect):
        ink.labels.draw(painter, rect, f"+{count}", centred=False)
    else:
        painter.drawPoint(rect.center())
