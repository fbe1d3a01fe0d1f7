"""Draws a big tree as strips without gaps: legible where a node-link picture is a thicket."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen

from app.drafters import surest
from app.tree.graph_paint import LABEL_HEIGHT, LABEL_WIDTH, paint_exit, paint_ticks
from app.tree.ink import Ink, faded, pen
from core.decoding.report import NodeState

if TYPE_CHECKING:
    from app.tree.camera import Camera
    from app.tree.scene import Scene

THINNEST = 0.75
"""Strips of fewer pixels are left out until one zooms in."""

_EXIT_HEIGHT = 22.0
_LAYERS = {NodeState.NOT_TAKEN: 0, NodeState.ACCEPTED: 1, NodeState.ROOT: 2}
"""What is drawn over what."""


def strip(scene: Scene, camera: Camera, node: int) -> QRectF:
    """The rectangle of a node. An accepted one is never too thin to see."""
    icicle = scene.icicle
    x = camera.x + icicle.columns[node] * camera.column_pitch - camera.column_pitch / 2
    y, height = camera.y + icicle.tops[node] * camera.row_pitch, icicle.heights[node] * camera.row_pitch
    if scene.tree.states[node] is not NodeState.NOT_TAKEN:
        height = max(height, 3.0)
    return QRectF(x, y, camera.column_pitch - 2, height)


def exit_box(scene: Scene, camera: Camera) -> QRectF:
    """Where the target's own choice is drawn: right of the node that it hangs on."""
    rect = strip(scene, camera, scene.tree.exit_node)
    return QRectF(rect.right() + 4, rect.center().y() - _EXIT_HEIGHT / 2, camera.column_pitch - 6, _EXIT_HEIGHT)


def paint_icicle(painter: QPainter, scene: Scene, camera: Camera, ink: Ink, sight: QRectF) -> None:
    """Draw the tree; what lies outside `sight` is left out."""
    tree, palette = scene.tree, ink.palette
    groups: dict[tuple[NodeState, str], list[QRectF]] = {}
    labels: dict[NodeState, list[tuple[QRectF, str]]] = {state: [] for state in NodeState}
    for node, state in enumerate(tree.states):
        rect = strip(scene, camera, node)
        if rect.height() < THINNEST or not sight.intersects(rect):
            continue
        groups.setdefault((state, surest(tree.sources[node])), []).append(rect)
        if rect.height() >= LABEL_HEIGHT and rect.width() >= LABEL_WIDTH:
            labels[state].append((rect, tree.texts[node]))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    for (state, source), rects in sorted(groups.items(), key=lambda group: _LAYERS[group[0][0]]):
        fill, line = {
            NodeState.NOT_TAKEN: (ink.wash(source), ink.outline(source)),
            NodeState.ACCEPTED: (ink.source(source), palette.surface),
            NodeState.ROOT: (palette.ink, palette.ink),
        }[state]
        painter.setBrush(fill)
        painter.setPen(QPen(line, 0))
        painter.drawRects([rect for rect in rects if rect.height() >= 3])
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ink.thin(source) if state is NodeState.NOT_TAKEN else fill)
        painter.drawRects([rect for rect in rects if rect.height() < 3])
    painter.setFont(ink.labels.font)
    for state, colour in (
        (NodeState.NOT_TAKEN, palette.ink),
        (NodeState.ACCEPTED, palette.surface),
        (NodeState.ROOT, palette.surface),
    ):
        painter.setPen(colour)
        for rect, text in labels[state]:
            ink.labels.draw(painter, rect, text)
    _paint_spine(painter, scene, camera, ink)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    _paint_way_out(painter, scene, camera, ink)
    paint_exit(painter, exit_box(scene, camera), tree.exit_text, ink)
    for (state, source), rects in groups.items():
        if state is NodeState.ACCEPTED:
            paint_ticks(painter, [rect.adjusted(-6, 5, -6, 5) for rect in rects], ink.source(source), ink)


def _paint_way_out(painter: QPainter, scene: Scene, camera: Camera, ink: Ink) -> None:
    """The dotted line from the last accepted strip to the target's own choice."""
    last, way_out = strip(scene, camera, scene.tree.exit_node), exit_box(scene, camera)
    painter.setPen(pen(ink.palette.draft, 1.8, Qt.PenStyle.DotLine))
    painter.drawLine(QPointF(last.right(), last.center().y()), QPointF(way_out.left(), way_out.center().y()))


def _paint_spine(painter: QPainter, scene: Scene, camera: Camera, ink: Ink) -> None:
    """The committed text inside the root's strip, above the root's own token."""
    root = strip(scene, camera, 0)
    if root.width() < LABEL_WIDTH:
        return
    for above, text in enumerate(reversed(scene.spine), start=1):
        y = root.center().y() - above * 16
        if y < root.top() + 8:
            break
        painter.setPen(faded(ink.palette.surface, max(0.35, 0.9 - 0.12 * above)))
        ink.labels.draw(painter, QRectF(root.left(), y - 8, root.width(), 16), text)
