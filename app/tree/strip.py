"""One bar a step: how many nodes were drafted, how many accepted, and the one token that the target added."""

from __future__ import annotations

from collections.abc import Sequence
from math import log1p

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.language import tr
from app.style.theme import theme
from app.tree.history import Bar
from app.tree.ink import faded, pen

WIDEST, NARROWEST = 14, 4
"""Pixels of a bar with its gap."""

HEIGHT = 58
_MARK = 6


class StepStrip(QWidget):
    """A bar chart of a reply's steps to click and drag in.

    The pale bar behind is the size of the tree: it doubles about as often as the number of nodes does.

    Signals:
        step_chosen: Index of the step that was clicked or dragged to.
    """

    step_chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bars: Sequence[Bar] = ()
        self._current = -1
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(HEIGHT)
        self.setAccessibleName(tr("Nodes and accepted tokens per step"))
        self.setMouseTracking(True)
        theme().changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(320, HEIGHT)

    def show_steps(self, bars: Sequence[Bar], current: int) -> None:
        """Draw one bar per entry and mark the current one."""
        self._bars, self._current = bars, current
        self.setAccessibleDescription(self._words(current) if bars else tr("No step yet."))
        self.update()

    @property
    def pitch(self) -> float:
        return min(WIDEST, max(NARROWEST, self.width() / max(1, len(self._bars))))

    @property
    def first(self) -> int:
        """Index of the leftmost bar: a long reply shows the stretch around the current step."""
        room = int(self.width() / self.pitch)
        return max(0, min(self._current - room // 2, len(self._bars) - room))

    def step_at(self, x: float) -> int | None:
        """The step whose bar is at a pixel; the nearest one if it lies beyond the last."""
        if not self._bars:
            return None
        return max(0, min(self.first + int(x / self.pitch), len(self._bars) - 1))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        palette = theme().palette
        pitch, first = self.pitch, self.first
        shown = self._bars[first : first + int(self.width() / pitch) + 1]
        height = self.height() - _MARK
        unit = (height - 2) / max(5, 1 + max((bar.accepted for bar in shown), default=0))
        most = log1p(max(8, max((bar.nodes for bar in shown), default=0)))
        gap = 1 if pitch < 7 else 2
        nodes, accepted, own = [], [], []
        painter.setPen(Qt.PenStyle.NoPen)
        for position, bar in enumerate(shown):
            x, top = position * pitch, height - bar.accepted * unit
            size = log1p(bar.nodes) / most * (height - 2)
            nodes.append(QRectF(x, height - size, pitch - gap, size))
            own.append(QRectF(x, top - unit, pitch - gap, max(1.5, unit - 1)))
            if bar.accepted:
                accepted.append(QRectF(x, top, pitch - gap, bar.accepted * unit))
            if first + position == self._current:
                painter.fillRect(QRectF(x - 1, 0, pitch - gap + 2, self.height()), faded(palette.line, 0.9))
                painter.setBrush(palette.ink)
                painter.drawRect(QRectF(x, self.height() - 3, pitch - gap, 3))
        for rects, colour in ((nodes, faded(palette.others, 0.25)), (accepted, palette.accent), (own, palette.draft)):
            painter.setBrush(colour)
            painter.drawRects(rects)
        painter.setPen(pen(palette.line, 1))
        painter.drawLine(0, height, self.width(), height)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._choose(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        step = self.step_at(event.position().x())
        if step is not None:
            self.setToolTip(self._words(step))
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._choose(event)

    def _words(self, step: int) -> str:
        bar = self._bars[step]
        return tr(
            "Step {step}: {accepted} of {nodes:,} nodes accepted, 1 token added by the target",
            step=step + 1,
            accepted=bar.accepted,
            nodes=bar.nodes,
        )

    def _choose(self, event: QMouseEvent) -> None:
        step = self.step_at(event.position().x())
        if step is not None:
            self.step_chosen.emit(step)
