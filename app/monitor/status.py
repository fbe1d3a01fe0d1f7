"""The status bar's gauges: memory as small bars, streaming, and whether trees are drafted. Always visible."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from app.language import tr
from app.monitor.history import MonitorHistory
from app.monitor.memory import WORDS, MemoryModel, memories, part_brush
from app.monitor.speculation_line import SpeculationLine
from app.monitor.wording import DEFINITIONS, number, rate
from app.style.painted import framed
from app.style.theme import theme
from core.decoding.report import Speculation, StepReport
from core.machine.gauges import Gauges
from core.sizes import format_size

_HEIGHT = 20
_BAR = 56


class MiniBar(QWidget):
    """A tier's name, a small bar, and used of total."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model: MemoryModel | None = None
        self.setFixedHeight(_HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        theme().changed.connect(self.update)

    @property
    def words(self) -> str:
        """Used of total in one unit: "31 / 64 GiB"."""
        assert self.model is not None
        used, total = self.model.used / 2**30, self.model.total / 2**30
        digits = 0 if total >= 100 else 1
        return f"{used:.{digits}f}/{total:.{digits}f} GiB"

    def show_model(self, model: MemoryModel) -> None:
        """Draw a tier."""
        if model == self.model:
            return
        self.model = model
        parts = ", ".join(f"{WORDS[part.kind]} {format_size(part.size)}" for part in model.parts)
        self.setToolTip(
            tr(
                "{name} {title}\n{parts}, free {free}",
                name=model.name,
                title=model.title,
                parts=parts,
                free=format_size(model.free),
            )
        )
        self.setAccessibleName(f"{model.name} {self.words}")
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        if self.model is None:
            return QSize(0, _HEIGHT)
        words = QFontMetricsF(theme().font(11, mono=True)).horizontalAdvance(self.words)
        return QSize(int(self._name_width() + _BAR + words) + 14, _HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        model = self.model
        if model is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        palette = theme().palette
        painter.setFont(theme().font(11))
        painter.setPen(palette.muted)
        painter.drawText(QRectF(0, 0, 60, _HEIGHT), Qt.AlignmentFlag.AlignVCenter, model.name)
        bar = QRectF(self._name_width() + 6.5, _HEIGHT / 2 - 4.5, _BAR, 9)
        with framed(painter, bar, 2):
            x = bar.left()
            for part in model.parts:
                taken = part.size / max(1, model.total) * bar.width()
                painter.fillRect(QRectF(x, bar.top(), taken, bar.height()), part_brush(part.kind, model.name))
                x += taken
        painter.setFont(theme().font(11, mono=True))
        painter.setPen(palette.ink)
        painter.drawText(QRectF(bar.right() + 6, 0, 160, _HEIGHT), Qt.AlignmentFlag.AlignVCenter, self.words)

    def _name_width(self) -> float:
        assert self.model is not None
        return QFontMetricsF(theme().font(11)).horizontalAdvance(self.model.name)


class Figure(QWidget):
    """A name and a number, as wide as it ever was, so that neighbours do not move."""

    def __init__(self, name: str, meaning: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = name
        self.words = ""
        self._widest = 0.0
        self.setToolTip(meaning)
        self.setFixedHeight(_HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        theme().changed.connect(self.update)

    def show_words(self, words: str) -> None:
        """Show a number with its unit."""
        if words != self.words:
            self.words = words
            self._widest = max(self._widest, QFontMetricsF(theme().font(11, mono=True)).horizontalAdvance(words))
            self.setAccessibleName(f"{self._name} {words}")
            self.updateGeometry()
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(int(self._name_width() + 6 + self._widest) + 1, _HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        palette = theme().palette
        painter.setFont(theme().font(11))
        painter.setPen(palette.muted)
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignVCenter, self._name)
        painter.setFont(theme().font(11, mono=True))
        painter.setPen(palette.ink)
        room = self.rect().adjusted(int(self._name_width()) + 6, 0, 0, 0)
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, self.words)

    def _name_width(self) -> float:
        return QFontMetricsF(theme().font(11)).horizontalAdvance(self._name) if self._name else -6.0


class StatusGauges(QWidget):
    """What is always on screen about memory, speed and speculation."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.bars: list[MiniBar] = []
        self.no_gpu = Figure(
            tr("No GPU"), tr("No graphics card that can compute was found; the processor does all the work.")
        )
        self.drive = Figure("SSD", tr("Bytes per second that all drives deliver now."))
        self.bus = Figure(tr("bus"), tr("Bytes per second of weights copied to the graphics card over the last steps."))
        self.per_step = Figure("", DEFINITIONS["tokens per step"])
        self.speculation = SpeculationLine(px=11)
        self._history = MonitorHistory()
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(12, 2, 12, 2)
        self._row.setSpacing(18)
        self._row.addWidget(self.no_gpu)
        self._row.addWidget(self.drive)
        self._row.addWidget(self.bus)
        self._row.addWidget(self.per_step)
        self._row.addStretch()
        self._row.addWidget(self.speculation)
        self.per_step.hide()
        self.bus.hide()
        self.drive.show_words(rate(None))

    def set_gauges(self, gauges: Gauges) -> None:
        """Show the memory of the machine and what its drives deliver."""
        models = memories(gauges)
        while len(self.bars) < len(models):
            self.bars.append(MiniBar())
            self._row.insertWidget(len(self.bars), self.bars[-1])
        for bar, model in zip(self.bars, models, strict=False):
            bar.show_model(model)
        for index, bar in enumerate(self.bars):
            bar.setVisible(index < len(models))
        self.no_gpu.setVisible(not gauges.devices)
        self.drive.show_words(rate(gauges.drive_read_per_second))
        self.bus.setVisible(bool(gauges.devices))
        self.bus.show_words(rate(self._history.streamed_per_second))

    def set_speculation(self, speculation: Speculation | None) -> None:
        """Show whether trees are drafted; None while nothing is loaded."""
        self.speculation.show_speculation(speculation)

    def add_step(self, report: StepReport) -> None:
        """Take in a step."""
        self._history.add(report)
        self.per_step.show_words(
            tr("{tokens_per_step} per step", tokens_per_step=number(self._history.tokens_per_step))
        )
        self.per_step.show()
