"""The one animation: the accepted path moves into the spine, and the next tree appears behind it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF

from app.tree.graph_paint import box, is_labelled, paint_graph, paint_spine
from app.tree.history import committed_texts
from app.tree.ink import pen

if TYPE_CHECKING:
    from PySide6.QtGui import QPainter

    from app.tree.camera import Camera
    from app.tree.ink import Ink
    from app.tree.scene import Scene


@dataclass(frozen=True, slots=True)
class Slide:
    """The tokens committed by the step before and where they stood; the last becomes the new root."""

    texts: tuple[str, ...]
    origins: tuple[QRectF, ...]

    @classmethod
    def from_step(cls, before: Scene, camera: Camera) -> Slide:
        """The slide away from a step as `camera` showed it."""
        layout = before.layout
        places = [layout.of_node(node) for node in before.path[1:]] + [layout.exit]
        texts = tuple(committed_texts(before.report))
        return cls(texts, tuple(box(camera, place.column, place.row) for place in places[: len(texts)]))

    def paint(self, painter: QPainter, progress: float, scene: Scene, camera: Camera, ink: Ink, sight: QRectF) -> None:
        """Draw one moment of the slide to `scene`, `progress` from 0 to 1, slowing towards the end."""
        progress = 1 - (1 - progress) ** 3
        painter.setOpacity(progress)
        paint_graph(painter, scene, camera, ink, sight)
        painter.setOpacity(1.0)
        moving = len(self.texts)
        older = replace(scene, spine=scene.spine[: max(0, len(scene.spine) - moving + 1)])
        paint_spine(painter, older, camera, ink, lift=1 - moving * progress)
        painter.setFont(ink.labels.font)
        for index, (text, origin) in enumerate(zip(self.texts, self.origins, strict=True)):
            end = box(camera, 0, index + 1 - moving)
            rect = end.translated((origin.center() - end.center()) * (1 - progress))
            painter.setPen(pen(ink.palette.accent, 1))
            painter.setBrush(ink.palette.accent)
            painter.drawRoundedRect(rect, 4, 4)
            if is_labelled(rect):
                painter.setPen(ink.palette.surface)
                ink.labels.draw(painter, rect, text)
