"""What frames the picture: the ruler of depths at the top, and edges that fade where the tree goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QLinearGradient, QPainter

from app.style.theme import theme
from app.tree.ink import faded, pen

if TYPE_CHECKING:
    from app.tree.camera import Camera
    from app.tree.scene import Scene

RULER = 20
FADE = 20
"""Pixels of the ruler and of a fading edge."""


def paint_ruler(painter: QPainter, scene: Scene, camera: Camera, width: int) -> None:
    """The depth of each column; those on the accepted path are marked."""
    palette = theme().palette
    reached = scene.depths[scene.tree.exit_node]
    painter.setPen(pen(palette.line, 1))
    painter.drawLine(QPointF(1, RULER - 0.5), QPointF(width - 1, RULER - 0.5))
    every = 1 if camera.column_pitch >= 18 else 5
    for depth in range(0, scene.columns, every):
        x = camera.x + depth * camera.column_pitch
        if not 0 <= x <= width:
            continue
        accepted = 0 < depth <= reached
        painter.setFont(theme().font(11, mono=True, bold=accepted))
        painter.setPen(palette.accent if accepted else palette.muted)
        painter.drawText(QRectF(x - 20, 0, 40, RULER), Qt.AlignmentFlag.AlignCenter, str(depth))


def paint_fades(painter: QPainter, scene: Scene, camera: Camera, sight: QRectF) -> None:
    """An edge fades where the tree goes on beyond it."""
    surface, clear = theme().palette.surface, faded(theme().palette.surface, 0)
    for side in cut_sides(scene, camera, sight):
        start, end = {
            "left": (sight.topLeft(), QPointF(sight.left() + FADE, sight.top())),
            "right": (sight.topRight(), QPointF(sight.right() - FADE, sight.top())),
            "top": (sight.topLeft(), QPointF(sight.left(), sight.top() + FADE)),
            "bottom": (sight.bottomLeft(), QPointF(sight.left(), sight.bottom() - FADE)),
        }[side]
        gradient = QLinearGradient(start, end)
        gradient.setColorAt(0, surface)
        gradient.setColorAt(1, clear)
        across = side in ("left", "right")
        reach = QPointF(end.x(), sight.bottom()) if across else QPointF(sight.right(), end.y())
        painter.fillRect(QRectF(start, reach).normalized(), gradient)


def cut_sides(scene: Scene, camera: Camera, sight: QRectF) -> list[str]:
    """The sides of the view beyond which there is more of the tree."""
    if scene.compact:
        highest, lowest = 0.0, 1.0
    else:
        highest, lowest = scene.layout.top - 0.5, scene.layout.bottom + 0.5
    left, top = camera.to_screen(-0.4, highest)
    right, bottom = camera.to_screen(scene.columns - 0.7, lowest)
    cuts = {
        "left": left < sight.left(),
        "right": right > sight.right(),
        "top": top < sight.top(),
        "bottom": bottom > sight.bottom(),
    }
    return [side for side, cut in cuts.items() if cut]
