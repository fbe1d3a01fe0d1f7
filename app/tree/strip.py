"""One bar a step: how many drafted tokens were accepted, and the one that the target added."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.style.theme import theme
from app.tree.ink import faded, pen

WIDEST, NARROWEST = 14, 4
"""Pixels of a bar with its gap."""

_MARK = 6


class AcceptedStrip(QWidget):
    """A bar chart of a reply's steps that is also its scrubber.

    Signals:
        step_chosen: Index of the step that was clicked or dragged to.
    """

    step_chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._accepted: list[int] = []
        self._current = -1
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(64)
        self.setAccessibleName("Accepted tokens per step")
        self.setMouseTracking(True)
        theme().changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(320, 64)

    def show_steps(self, accepted: list[int], current: int) -> None:
        """Draw one bar per entry and mark the current one."""
        self._accepted, self._current = accepted, current
        mean = sum(accepted) / max(1, len(accepted))
        self.setAccessibleDescription(f"{len(accepted)} steps, {mean:.1f} accepted on average.")
        self.update()

    @property
    def pitch(self) -> float:
        return min(WIDEST, max(NARROWEST, self.width() / max(1, len(self._accepted))))

    @property
    def first(self) -> int:
        """Index of the leftmost bar: a long reply shows the stretch around the current step."""
        room = int(self.width() / self.pitch)
        return max(0, min(self._current - room // 2, len(self._accepted) - room))

    def step_at(self, x: float) -> int | None:
        """The step whose bar is at a pixel; the nearest one if it lies beyond the last."""
        if not self._accepted:
            return None
        return max(0, min(self.first + int(x / self.pitch), len(self._accepted) - 1))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        palette = theme().palette
        height = self.height() - _MARK
        unit = (height - 2) / max(5, 1 + max(self._accepted, default=0))
        painter.setPen(Qt.PenStyle.NoPen)
        pitch, first = self.pitch, self.first
        gap = 1 if pitch < 7 else 2
        accepted, own = [], []
        for position, count in enumerate(self._accepted[first : first + int(self.width() / pitch) + 1]):
            x = position * pitch
            top = height - count * unit
            own.append(QRectF(x, top - unit, pitch - gap, max(1.5, unit - 1)))
            if count:
                accepted.append(QRectF(x, top, pitch - gap, count * unit))
            if first + position == self._current:
                painter.fillRect(QRectF(x - 1, 0, pitch - gap + 2, self.height()), faded(palette.line, 0.9))
                painter.setBrush(palette.ink)
                painter.drawRect(QRectF(x, self.height() - 3, pitch - gap, 3))
        painter.setBrush(palette.accent)
        painter.drawRects(accepted)
        painter.setBrush(palette.draft)
        painter.drawRects(own)
        painter.setPen(pen(palette.line, 1))
        painter.drawLine(0, height, self.width(), height)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._choose(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        step = self.step_at(event.position().x())
        if step is not None:
            count = self._accepted[step]
            self.setToolTip(f"Step {step + 1}: {count} accepted + 1 from the target")
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._choose(event)

    def _choose(self, event: QMouseEvent) -> None:
        step = self.step_at(event.position().x())
        if step is not None:
            self.step_chosen.emit(step)
