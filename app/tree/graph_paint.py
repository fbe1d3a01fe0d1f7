"""Draws a tree as boxes and edges, everything of one kind in one stroke."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath

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

_WIDTH_STEPS = 6


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
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    _paint_edges(painter, scene, boxes, seen, ink)
    shown = [index for index, visible in enumerate(seen) if visible and places[index].kind is Kind.NODE]
    accepted = [index for index in shown if tree.states[places[index].node] is NodeState.ACCEPTED]
    open_ = [index for index in shown if tree.states[places[index].node] is NodeState.NOT_TAKEN]
    palette = ink.palette
    for indices, fill, line in ((open_, palette.surface, ink.outline), (accepted, palette.accent, palette.accent)):
        outline = QPainterPath()
        outline.setFillRule(Qt.FillRule.WindingFill)
        for index in indices:
            add_node(outline, boxes[index], surest(tree.sources[places[index].node]))
        painter.setPen(pen(line, 1))
        painter.setBrush(fill)
        painter.drawPath(outline)
    painter.setFont(ink.labels.font)
    for indices, colour in ((open_, palette.ink), (accepted, palette.surface)):
        painter.setPen(colour)
        for index in indices:
            if is_labelled(boxes[index]):
                ink.labels.draw(painter, boxes[index], tree.texts[places[index].node])
    if seen[0]:
        paint_root(painter, boxes[0], tree.texts[0], ink)
    for index, place in enumerate(places):
        if seen[index] and place.kind is Kind.FOLD:
            _paint_fold(painter, boxes[index], len(place.hidden), ink)
        elif seen[index] and place.kind is Kind.EXIT:
            paint_exit(painter, boxes[index], tree.exit_text, ink)
    paint_ticks(painter, [boxes[index] for index in accepted], ink)


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


def paint_ticks(painter: QPainter, rects: Iterable[QRectF], ink: Ink) -> None:
    """A tick at the corner of each accepted node."""
    for rect in rects:
        if rect.width() < 12 or rect.height() < 7:
            continue
        radius = min(5.5, rect.height() / 3)
        centre = QPointF(rect.right() - 1, rect.top() + 1)
        painter.setPen(pen(ink.palette.accent, 1))
        painter.setBrush(ink.palette.surface)
        painter.drawEllipse(centre, radius, radius)
        painter.setPen(pen(ink.palette.accent, 1.5))
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


def _paint_edges(painter: QPainter, scene: Scene, boxes: list[QRectF], seen: list[bool], ink: Ink) -> None:
    """All edges: those not taken by width, then the accepted ones on top, then the dashed one to the exit."""
    places, tree = scene.layout.places, scene.tree
    plain = [QPainterPath() for _ in range(_WIDTH_STEPS + 1)]
    taken: list[tuple[QPainterPath, float]] = []
    for index, place in enumerate(places[1:], start=1):
        if not (seen[index] or seen[place.parent]) or place.kind is Kind.EXIT:
            continue
        if place.kind is Kind.FOLD:
            _add_edge(plain[0], boxes[place.parent], boxes[index])
            continue
        probability = tree.probabilities[place.node]
        if tree.states[place.node] is NodeState.ACCEPTED:
            path = QPainterPath()
            taken.append((path, max(3.5, edge_width(probability) + 1)))
            _add_edge(path, boxes[place.parent], boxes[index])
        else:
            step = round(min(max(probability, 0.0), 1.0) * _WIDTH_STEPS)
            _add_edge(plain[step], boxes[place.parent], boxes[index])
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for step, path in enumerate(plain):
        painter.setPen(pen(ink.edge, edge_width(step / _WIDTH_STEPS)))
        painter.drawPath(path)
    for path, width in taken:
        painter.setPen(pen(ink.palette.accent, width))
        painter.drawPath(path)
    way_out = QPainterPath()
    position = scene.layout.places.index(scene.layout.exit)
    _add_edge(way_out, boxes[places[position].parent], boxes[position])
    painter.setPen(pen(ink.palette.draft, 1.8, Qt.PenStyle.DotLine))
    painter.drawPath(way_out)


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
