"""Tokens per second over the budget: where the best point lies, and where the plan is."""

from __future__ import annotations

import math
from collections.abc import Mapping

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QHelpEvent, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from app.language import tr
from app.planner.wording import figure
from app.style.theme import theme

HEIGHT = 84
_TOP, _FOOT, _SIDE = 18.0, 16.0, 6.0
_NEAR = 12.0
"""Pixels from a point within which its tooltip shows."""


class BudgetCurve(QWidget):
    """One point a budget, the widths of the axis being powers of two."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rates: dict[int, float] = {}
        self._budget = 0
        self.setFixedHeight(HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(tr("Speed by budget"))
        theme().changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(300, HEIGHT)

    def show_rates(self, rates: Mapping[int, float], budget: int) -> None:
        """Draw tokens per second by budget; `budget` is the plan's."""
        self._rates, self._budget = dict(rates), budget
        self.setVisible(len(rates) > 1)
        self.setAccessibleDescription(self.summary)
        self.update()

    @property
    def best(self) -> int:
        """The fastest budget."""
        return max(self._rates, key=self._rates.__getitem__, default=0)

    @property
    def summary(self) -> str:
        """The curve in words."""
        return "; ".join(
            tr("{nodes} nodes: {rate} tokens per second", nodes=nodes, rate=figure(rate))
            for nodes, rate in self._rates.items()
        )

    def event(self, event: QEvent) -> bool:
        if event.type() is QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            for nodes, point in self._points().items():
                if abs(point.x() - event.pos().x()) < _NEAR:
                    best = tr(", the fastest budget") if nodes == self.best else ""
                    words = tr(
                        "{nodes} nodes per tree: {rates} tokens per second{best}.",
                        nodes=nodes,
                        rates=figure(self._rates[nodes]),
                        best=best,
                    )
                    QToolTip.showText(event.globalPos(), words, self)
                    return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        points = self._points()
        if len(points) < 2:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        palette, bottom = theme().palette, HEIGHT - _FOOT
        line = QPainterPath(next(iter(points.values())))
        for point in list(points.values())[1:]:
            line.lineTo(point)
        area = QPainterPath(line)
        ends = list(points.values())
        area.lineTo(QPointF(ends[-1].x(), bottom))
        area.lineTo(QPointF(ends[0].x(), bottom))
        painter.fillPath(area, palette.well)
        painter.setPen(QPen(palette.line, 1))
        painter.drawLine(QPointF(0, bottom + 0.5), QPointF(self.width(), bottom + 0.5))
        painter.setPen(QPen(palette.accent, 2))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(line)
        painter.setFont(theme().font(11))
        for nodes, point in points.items():
            here = nodes == self._budget
            painter.setPen(QPen(palette.accent, 1.5))
            painter.setBrush(palette.accent if here else palette.surface)
            painter.drawEllipse(point, 4.0 if here else 2.5, 4.0 if here else 2.5)
            painter.setPen(palette.ink if here else palette.muted)
            centred = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(QRectF(point.x() - 22, bottom, 44, _FOOT), centred, str(nodes))
            if nodes in (self.best, self._budget):
                painter.drawText(self._label(point), centred, figure(self._rates[nodes]))

    def _label(self, point: QPointF) -> QRectF:
        """Where the rate of a point stands: above it, and within the widget."""
        left = min(max(point.x() - 22, 0.0), self.width() - 44.0)
        return QRectF(left, point.y() - 19, 44, 14)

    def _points(self) -> dict[int, QPointF]:
        if len(self._rates) < 2:
            return {}
        first, last = math.log2(min(self._rates)), math.log2(max(self._rates))
        highest = max(self._rates.values())
        width, height = self.width() - 2 * _SIDE - 20, HEIGHT - _TOP - _FOOT
        return {
            nodes: QPointF(
                _SIDE + 10 + (math.log2(nodes) - first) / (last - first) * width,
                _TOP + height * (1 - rate / highest * 0.95),
            )
            for nodes, rate in self._rates.items()
        }
