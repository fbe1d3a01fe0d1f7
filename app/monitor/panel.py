"""The monitor panel: memory now, speed over the recent steps, where their time went, and whether trees are drafted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from app.monitor.history import MonitorHistory
from app.monitor.memory_bar import MemoryBar, memories
from app.monitor.speculation_line import SpeculationLine
from app.monitor.step_split import StepSplit
from app.monitor.wording import DEFINITIONS, number, rate, size
from app.style.page import Caption
from app.style.theme import theme
from core.decoding.report import ReplySummary, Speculation, StepReport
from core.machine.gauges import Gauges

if TYPE_CHECKING:
    from app.monitor.charts import Charts

CHARTS_HEIGHT = 220
"""Pixels, kept free until the charts are there, so that nothing jumps."""

REDRAW_MS = 100
"""Steps can come faster than anyone reads; the charts are drawn at most this often."""


class MonitorPanel(QWidget):
    """Shows what the machine and the engine do now. Draws nothing while it is hidden."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.history = MonitorHistory()
        self.speculation = SpeculationLine()
        self.bars: list[MemoryBar] = []
        self.charts: Charts | None = None
        self.split = StepSplit()
        self._gpu = QLabel("No GPU: the processor computes, and RAM is where layers are resident.")
        self._figures = {name: QLabel("–") for name in list(DEFINITIONS)[:4]}
        self._memory = QVBoxLayout()
        self._chart_place = QWidget()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(REDRAW_MS)
        self._timer.timeout.connect(self._draw)
        self._lay_out()

    def add_step(self, report: StepReport) -> None:
        """Take in a step."""
        self.history.add(report)
        self._draw_soon()

    def finish(self, summary: ReplySummary) -> None:
        """A reply is complete."""
        self.history.finish(summary)
        self._draw_soon()

    def set_gauges(self, gauges: Gauges) -> None:
        """Show the memory of the machine."""
        models = memories(gauges)
        while len(self.bars) < len(models):
            self.bars.append(MemoryBar())
            self._memory.addWidget(self.bars[-1])
        for bar, model in zip(self.bars, models, strict=False):
            bar.show_model(model)
        for index, bar in enumerate(self.bars):
            bar.setVisible(index < len(models))
        self._gpu.setVisible(not gauges.devices)

    def set_speculation(self, speculation: Speculation | None) -> None:
        """Show whether trees are drafted; None while nothing is loaded."""
        self.speculation.show_speculation(speculation)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self.charts is None:
            # After this event, so that the panel is on screen while pyqtgraph is imported.
            QTimer.singleShot(0, self, self._add_charts)
        self._draw_soon()

    def _add_charts(self) -> None:
        if self.charts is None:
            from app.monitor.charts import Charts

            self.charts = Charts()
            place = QVBoxLayout(self._chart_place)
            place.setContentsMargins(0, 0, 0, 0)
            place.addWidget(self.charts)
            self._draw()

    def _draw_soon(self) -> None:
        if self.isVisible() and not self._timer.isActive():
            self._timer.start()

    def _draw(self) -> None:
        history = self.history
        for name, words in (
            ("tokens per step", number(history.tokens_per_step)),
            ("tokens per second", number(history.tokens_per_second)),
            ("streamed per pass", size(history.streamed_per_pass)),
            ("streaming rate", rate(history.streamed_per_second)),
        ):
            self._figures[name].setText(words)
        self.split.show_points(history.points, history.split)
        if self.charts is not None:
            self.charts.show_points(history.points)

    def _lay_out(self) -> None:
        page = QWidget()
        page.setObjectName("page")
        column = QVBoxLayout(page)
        column.setContentsMargins(12, 12, 12, 12)
        column.setSpacing(8)
        column.addWidget(self.speculation)
        column.addWidget(Caption("Memory now"))
        self._gpu.setProperty("muted", True)
        self._gpu.setWordWrap(True)
        column.addWidget(self._gpu)
        self._memory.setSpacing(8)
        column.addLayout(self._memory)
        column.addWidget(Caption("Speed"))
        column.addLayout(self._figure_grid())
        self._chart_place.setFixedHeight(CHARTS_HEIGHT)
        column.addWidget(self._chart_place)
        column.addWidget(Caption("Time of the last steps"))
        column.addWidget(self.split)
        column.addStretch()
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(page)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(scroll)

    def _figure_grid(self) -> QGridLayout:
        """Two by two: the figure large, its name beneath."""
        grid = QGridLayout()
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(0)
        for index, (name, label) in enumerate(self._figures.items()):
            row, column = divmod(index, 2)
            caption = QLabel(name)
            caption.setProperty("muted", True)
            caption.setFont(theme().font(11))
            label.setFont(theme().font(20 if row == 0 else 13, mono=True, bold=row == 0))
            label.setAccessibleName(name)
            for widget in (label, caption):
                widget.setToolTip(f"{name.capitalize()}: {DEFINITIONS[name]}")
            grid.addWidget(label, 2 * row, column)
            grid.addWidget(caption, 2 * row + 1, column)
            grid.setRowMinimumHeight(2 * row + 1, 22)
        return grid
