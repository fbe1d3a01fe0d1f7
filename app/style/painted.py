"""The common part of widgets that are painted whole: frame, a height that follows the width, tooltips by place."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QHelpEvent, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from app.style.theme import theme


@contextmanager
def framed(painter: QPainter, bar: QRectF, radius: float) -> Iterator[None]:
    """An empty bar with round corners. What is painted meanwhile stays inside; the frame comes on top."""
    palette = theme().palette
    clip = QPainterPath()
    clip.addRoundedRect(bar, radius, radius)
    painter.save()
    painter.setClipPath(clip)
    painter.fillRect(bar, palette.well)
    yield
    painter.restore()
    painter.setPen(QPen(palette.muted, 1))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRoundedRect(bar, radius, radius)


class PaintedBar(QWidget):
    """A widget that paints itself at any width and repaints with the theme.

    Attributes:
        spots: Where it has painted what, filled while it paints: a rectangle and the words of its tooltip.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.spots: list[tuple[QRectF, str]] = []
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        theme().changed.connect(self.update)

    def hasHeightForWidth(self) -> bool:
        return True

    def sizeHint(self) -> QSize:
        return QSize(300, self.heightForWidth(max(self.width(), 300)))

    def minimumSizeHint(self) -> QSize:
        return QSize(200, self.heightForWidth(max(self.width(), 200)))

    def words_at(self, point: QPointF) -> str:
        """What the tooltip at a point says; empty for none."""
        return next((text for rect, text in self.spots if rect.contains(point)), "")

    def event(self, event: QEvent) -> bool:
        if event.type() is QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            words = self.words_at(QPointF(event.pos()))
            if words:
                QToolTip.showText(event.globalPos(), words, self)
                return True
        return super().event(event)
