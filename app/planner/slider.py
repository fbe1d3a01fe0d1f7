"""A slider that is painted like the rest of Penjing, jumps to where it is clicked, and can carry marks."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QHelpEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSlider, QToolTip, QWidget

from app.style.theme import theme

HANDLE = 7.0


class MarkedSlider(QSlider):
    """A horizontal slider. Marks are (share from 0 to 1, words): ticks with a tooltip."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._marks: tuple[tuple[float, str], ...] = ()
        theme().changed.connect(self.update)

    def set_marks(self, marks: tuple[tuple[float, str], ...]) -> None:
        """Show ticks at shares of the way."""
        self._marks = marks
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(120, 26)

    def minimumSizeHint(self) -> QSize:
        return QSize(60, 26)

    def x_of(self, share: float) -> float:
        """The pixel of a share of the way."""
        return HANDLE + 1 + share * (self.width() - 2 * HANDLE - 2)

    def event(self, event: QEvent) -> bool:
        if event.type() is QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            near = [words for share, words in self._marks if abs(self.x_of(share) - event.pos().x()) < 6]
            if near:
                QToolTip.showText(event.globalPos(), near[0], self)
                return True
        return super().event(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton:
            self.setSliderDown(True)
            self._move_to(event.position().x())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self.isSliderDown():
            self._move_to(event.position().x())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self.setSliderDown(False)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        palette = theme().palette
        enabled = self.isEnabled()
        middle = self.height() / 2
        share = (self.value() - self.minimum()) / max(1, self.maximum() - self.minimum())
        x = self.x_of(share)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(palette.line)
        painter.drawRoundedRect(QRectF(HANDLE, middle - 2, self.width() - 2 * HANDLE, 4), 2, 2)
        painter.setBrush(palette.accent if enabled else palette.disabled)
        painter.drawRoundedRect(QRectF(HANDLE, middle - 2, x - HANDLE, 4), 2, 2)
        painter.setPen(QPen(palette.muted, 1.5))
        for at, _ in self._marks:
            painter.drawLine(QPointF(self.x_of(at), middle + 5), QPointF(self.x_of(at), middle + 10))
        painter.setPen(QPen(palette.accent if enabled else palette.disabled, 2))
        painter.setBrush(palette.accent if self.isSliderDown() else palette.surface)
        painter.drawEllipse(QPointF(x, middle), HANDLE - 1, HANDLE - 1)
        if self.hasFocus():
            painter.setBrush(palette.accent)
            painter.drawEllipse(QPointF(x, middle), 2, 2)

    def _move_to(self, x: float) -> None:
        share = (x - HANDLE - 1) / max(1.0, self.width() - 2 * HANDLE - 2)
        self.setValue(round(self.minimum() + min(max(share, 0.0), 1.0) * (self.maximum() - self.minimum())))
