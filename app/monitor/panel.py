"""The monitor panel: the last two minutes of memory, throughput, speed and where the time went."""

from __future__ import annotations

import time
from collections.abc import Sequence

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from app.language import tr
from app.monitor.chart import Strip, StripModel
from app.monitor.history import MonitorHistory
from app.monitor.speculation_line import SpeculationLine
from app.monitor.strips import Strips, brushes
from app.monitor.timeline import Timeline
from app.style.page import Caption
from app.style.theme import theme
from core.decoding.report import ReplySummary, Speculation, StepReport
from core.machine.gauges import Gauges
from core.machine.machine import Machine
from core.planning.plan import Plan

REDRAW_MS = 500
"""Steps can come faster than anyone reads; the strips are drawn at most this often."""


class MonitorPanel(QWidget):
    """Shows what the machine and the engine do now and did lately. Draws nothing while it is hidden."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.history = MonitorHistory()
        self.timeline = Timeline()
        self.speculation = SpeculationLine()
        self.memory = _Group(tr("Memory"))
        self.throughput = _Group(tr("Throughput"))
        self.speed = _Group(tr("Speed"))
        self._strips = Strips(self.timeline, self.history)
        self._timer = QTimer(self, singleShot=True, interval=REDRAW_MS)
        self._timer.timeout.connect(self._draw)
        self._lay_out()
        theme().changed.connect(self._draw)
        self._draw()

    def add_step(self, report: StepReport) -> None:
        """Take in a step."""
        self.history.add(report)
        self.timeline.add_step(report, time.monotonic())
        self._draw_soon()

    def finish(self, summary: ReplySummary) -> None:
        """A reply is complete."""
        self.history.finish(summary)
        self._draw_soon()

    def set_gauges(self, gauges: Gauges) -> None:
        """Take in what the machine does now."""
        self.timeline.add_gauges(gauges, time.monotonic())
        self._draw_soon()

    def set_plan(self, plan: Plan | None) -> None:
        """Whose predictions are drawn; None while nothing is loaded."""
        self._strips.plan = plan
        self._draw_soon()

    def set_machine(self, machine: Machine) -> None:
        """Whose measured speeds are drawn."""
        self._strips.machine = machine
        self._draw_soon()

    def set_speculation(self, speculation: Speculation | None) -> None:
        """Show whether trees are drafted; None while nothing is loaded."""
        self.speculation.show_speculation(speculation)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._draw()

    def _draw_soon(self) -> None:
        if self.isVisible() and not self._timer.isActive():
            self._timer.start()

    def _draw(self) -> None:
        self.timeline.advance(time.monotonic())
        self.memory.show_models(self._strips.memory())
        self.throughput.show_models(self._strips.throughput())
        self.speed.show_models(self._strips.speed())

    def _lay_out(self) -> None:
        page = QWidget()
        page.setObjectName("page")
        column = QVBoxLayout(page)
        column.setContentsMargins(12, 12, 12, 12)
        column.setSpacing(8)
        column.addWidget(self.speculation)
        for group in (self.speed, self.memory, self.throughput):
            column.addLayout(group.column)
        column.addLayout(_axis())
        column.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(page)
        scroll.setAccessibleName(tr("Monitor"))
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(scroll)


class _Group:
    """Strips under a caption; as many as there are models."""

    def __init__(self, caption: str) -> None:
        self.strips: list[Strip] = []
        self.column = QVBoxLayout()
        self.column.setSpacing(8)
        self.column.addWidget(Caption(caption))

    def show_models(self, models: Sequence[StripModel]) -> None:
        while len(self.strips) < len(models):
            self.strips.append(Strip())
            self.column.addWidget(self.strips[-1])
        fills = brushes()
        for strip, model in zip(self.strips, models, strict=False):
            strip.show_model(model, fills)
        for index, strip in enumerate(self.strips):
            strip.setVisible(index < len(models))


def _axis() -> QHBoxLayout:
    """What the ends of all strips mean."""
    line = QHBoxLayout()
    for words in (tr("2 minutes ago"), tr("now")):
        label = QLabel(words)
        label.setProperty("muted", True)
        label.setFont(theme().font(11))
        line.addWidget(label)
    line.insertStretch(1)
    return line
