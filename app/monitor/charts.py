"""Tokens per step and tokens per second over the recent steps. Imports pyqtgraph, so import it late."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.monitor.history import KEPT, Point
from app.style.palette import mix
from app.style.theme import theme


class Charts(QWidget):
    """Two charts over one axis: bars for tokens per step, a line for tokens per second."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._layout = pg.GraphicsLayoutWidget()
        self._layout.setFrameShape(pg.GraphicsLayoutWidget.Shape.NoFrame)
        self._layout.ci.setContentsMargins(0, 0, 0, 0)
        self._layout.ci.setSpacing(4)
        self.per_step = self._plot(0)
        self.per_second = self._plot(1)
        self.per_second.setXLink(self.per_step)
        self.bars = pg.BarGraphItem(x=[], height=[], width=0.8)
        self._line = pg.PlotDataItem(connect="finite", antialias=True)
        self.per_step.addItem(self.bars)
        self.per_second.addItem(self._line)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self._layout)
        self.setAccessibleName("Tokens per step and per second")
        theme().changed.connect(self._restyle)
        self._restyle()

    def show_points(self, points: Sequence[Point]) -> None:
        """Draw the steps; the newest stands at the right."""
        numbers = [point.number for point in points]
        heights = [point.committed for point in points]
        rates = [point.tokens_per_second if point.tokens_per_second is not None else float("nan") for point in points]
        self.bars.setOpts(x=numbers, height=heights, width=0.8)
        self._line.setData(numbers, rates)
        last = numbers[-1] if numbers else 0
        room = min(KEPT, max(40, len(numbers)))
        self.per_step.setXRange(last - room + 0.5, last + 0.5, padding=0)
        self.per_step.setYRange(0, max([4, *heights]) * 1.08, padding=0)
        highest = max((point.tokens_per_second or 0.0 for point in points), default=0.0) or 1.0
        self.per_second.setYRange(0, highest * 1.15, padding=0)
        self.setAccessibleDescription(f"{len(points)} steps, at most {max(heights, default=0)} tokens in one.")

    def _plot(self, row: int) -> Any:
        plot = self._layout.addPlot(row=row, col=0)
        plot.setMenuEnabled(False)
        plot.hideButtons()
        plot.setMouseEnabled(x=False, y=False)
        plot.getAxis("left").setWidth(34)
        plot.getAxis("bottom").setStyle(showValues=False)
        plot.getAxis("bottom").setHeight(4)
        return plot

    def _restyle(self) -> None:
        palette = theme().palette
        self._layout.setBackground(palette.ground)
        faint = mix(palette.ground, palette.line, 0.9)
        for plot, title in ((self.per_step, "tokens per step"), (self.per_second, "tokens per second")):
            for side in ("left", "bottom"):
                axis = plot.getAxis(side)
                axis.setPen(pg.mkPen(faint))
                axis.setTextPen(pg.mkPen(palette.muted))
                axis.setTickFont(theme().font(11, mono=True))
                axis.setTickPen(pg.mkPen(faint))
            plot.showGrid(x=False, y=True, alpha=0.35)
            plot.setTitle(title, color=palette.muted, size="11px", justify="left")
        self.bars.setOpts(brush=pg.mkBrush(palette.accent), pen=pg.mkPen(None))
        self._line.setPen(pg.mkPen(palette.ram, width=2, cosmetic=True, style=Qt.PenStyle.SolidLine))
