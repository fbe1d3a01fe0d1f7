"""Where the time of the recent steps went: one stacked column a step, and the mean of each cause."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QBrush, QHelpEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from app.monitor.history import Point
from app.monitor.wording import DEFINITIONS
from app.planner.wording import seconds_words
from app.style.patterns import pattern
from app.style.theme import theme

CAUSES = ("draft", "stream wait", "compute", "sample")
_CHART, _KEY_LINE = 72, 18
_PITCH = 10


def cause_brush(cause: str) -> QBrush:
    """The fill of a cause, the same as in the planner's prediction."""
    palette = theme().palette
    fills = {
        "draft": ("backhatched", palette.draft),
        "stream wait": ("hatched", palette.ssd),
        "compute": ("solid", palette.accent),
        "sample": ("lined", palette.muted),
    }
    return pattern(*fills[cause], palette.surface)


class StepSplit(QWidget):
    """Stacked columns of seconds by cause."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._points: Sequence[Point] = ()
        self._means: tuple[float, ...] | None = None
        self.setFixedHeight(_CHART + 2 * _KEY_LINE + 8)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Time of a step")
        theme().changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(300, self.height())

    def show_points(self, points: Sequence[Point], means: tuple[float, ...] | None) -> None:
        """Draw steps; `means` are the mean seconds of each cause, in the order of `CAUSES`."""
        self._points, self._means = points, means
        if means:
            self.setAccessibleDescription(", ".join(self._words(index) for index in range(len(CAUSES))))
        self.update()

    def event(self, event: QEvent) -> bool:
        if event.type() is QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            if event.pos().y() < _CHART:
                text = "Each column is a step; its parts add up to the wall time of the step."
            else:
                text = DEFINITIONS[CAUSES[self._cause_at(event.pos().x(), event.pos().y())]]
            QToolTip.showText(event.globalPos(), text, self)
            return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        palette = theme().palette
        shown = list(self._points)[-(self.width() // _PITCH) :]
        longest = max((point.seconds for point in shown), default=0.0)
        painter.setPen(QPen(palette.line, 1))
        painter.drawLine(0, _CHART, self.width(), _CHART)
        for position, point in enumerate(shown):
            y = float(_CHART)
            for cause, seconds in zip(
                CAUSES, (point.draft, point.stream_wait, point.compute, point.sample), strict=True
            ):
                height = seconds / longest * (_CHART - 16) if longest else 0.0
                painter.fillRect(QRectF(position * _PITCH, y - height, _PITCH - 2, height), cause_brush(cause))
                y -= height
        if longest:
            painter.setFont(theme().font(11, mono=True))
            painter.setPen(palette.muted)
            top = QRectF(0, 0, self.width(), 14)
            painter.drawText(top, Qt.AlignmentFlag.AlignRight, f"highest {seconds_words(longest)}")
        self._paint_key(painter)

    def _paint_key(self, painter: QPainter) -> None:
        palette = theme().palette
        painter.setFont(theme().font(11))
        for index, cause in enumerate(CAUSES):
            x, y = self._cell(index)
            painter.setPen(QPen(palette.muted, 1))
            painter.setBrush(cause_brush(cause))
            painter.drawRoundedRect(QRectF(x + 0.5, y + 4.5, 9, 9), 2, 2)
            painter.setPen(palette.muted)
            painter.drawText(QRectF(x + 15, y, 200, _KEY_LINE), Qt.AlignmentFlag.AlignVCenter, self._words(index))

    def _cell(self, index: int) -> tuple[float, float]:
        """Where a cause's words stand: two by two."""
        return (index % 2) * self.width() / 2, _CHART + 6 + (index // 2) * _KEY_LINE

    def _cause_at(self, x: float, y: float) -> int:
        return (1 if x > self.width() / 2 else 0) + (2 if y > _CHART + 6 + _KEY_LINE else 0)

    def _words(self, index: int) -> str:
        return f"{CAUSES[index]} {seconds_words(self._means[index])}" if self._means else CAUSES[index]
