"""A tier's memory now: Penjing's engine, its window, everything else, and what is free."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QBrush, QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from app.style.flow import flow
from app.style.painted import PaintedBar, framed
from app.style.patterns import pattern
from app.style.theme import theme
from core.machine.gauges import Gauges
from core.sizes import format_size

_HEADING, _BAR, _KEY, _SWATCH = 20, 14, 18, 15


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of the bar. `kind` is "engine", "window", "ours" or "others"."""

    kind: str
    size: int


@dataclass(frozen=True, slots=True)
class MemoryModel:
    """A tier's memory in bytes; the rest of `total` is free."""

    name: str
    title: str
    total: int
    parts: tuple[Part, ...]

    @property
    def free(self) -> int:
        return max(0, self.total - sum(part.size for part in self.parts))

    @property
    def used(self) -> int:
        return self.total - self.free


WORDS = {"engine": "engine", "window": "window", "ours": "Penjing", "others": "others"}
MEANINGS = {
    "engine": "Resident memory of the engine process: Python, torch and the models.",
    "window": "Resident memory of this window's process.",
    "ours": "What the engine holds on the graphics card.",
    "others": "Other programs and the system.",
}


def memories(gauges: Gauges) -> list[MemoryModel]:
    """The tiers of a machine, graphics cards first."""
    devices = [
        MemoryModel(
            "VRAM",
            device.title,
            device.total,
            (Part("ours", device.ours), Part("others", max(0, device.used - device.ours))),
        )
        for device in gauges.devices
    ]
    ours = gauges.ram_engine + gauges.ram_window
    others = max(0, gauges.ram_total - gauges.ram_available - ours)
    parts = (Part("engine", gauges.ram_engine), Part("window", gauges.ram_window), Part("others", others))
    return [*devices, MemoryModel("RAM", "", gauges.ram_total, parts)]


def part_brush(kind: str, name: str) -> QBrush:
    """The fill of a part of a tier."""
    palette = theme().palette
    tier = palette.accent if name == "VRAM" else palette.ram
    fills = {
        "engine": ("solid", tier),
        "ours": ("solid", tier),
        "window": ("hatched", tier),
        "others": ("barred", palette.others),
    }
    return pattern(*fills[kind], palette.surface)


class MemoryBar(PaintedBar):
    """One tier as a bar with its key."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model: MemoryModel | None = None

    def heightForWidth(self, width: int) -> int:
        return int(self._key_places(self.model, width)[-1].bottom()) + 2 if self.model else 0

    def show_model(self, model: MemoryModel) -> None:
        """Draw a tier."""
        if model != self.model:
            self.model = model
            self.setAccessibleName(model.name)
            self.setAccessibleDescription(", ".join(words for _, words in self._key(model)))
            self.updateGeometry()
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        model = self.model
        if model is None:
            return
        self.spots = []
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        palette = theme().palette
        width = float(self.width())
        painter.setFont(theme().font(13, bold=True))
        painter.setPen(palette.ink)
        heading = QRectF(0, 0, width, _HEADING)
        painter.drawText(heading, Qt.AlignmentFlag.AlignVCenter, model.name)
        painter.setFont(theme().font(11))
        painter.setPen(palette.muted)
        title = f"{model.title}   " if model.title else ""
        amount = f"{title}{format_size(model.used)} of {format_size(model.total)}"
        painter.drawText(heading, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, amount)
        self._paint_bar(painter, model, QRectF(0.5, _HEADING + 1.5, width - 1, _BAR))
        self._paint_key(painter, model)

    def _paint_bar(self, painter: QPainter, model: MemoryModel, bar: QRectF) -> None:
        with framed(painter, bar, 3):
            x = bar.left()
            for part in model.parts:
                rect = QRectF(x, bar.top(), part.size / max(1, model.total) * bar.width(), bar.height())
                painter.fillRect(rect, part_brush(part.kind, model.name))
                painter.fillRect(QRectF(rect.right() - 1, rect.top(), 1, rect.height()), theme().palette.surface)
                words = f"{WORDS[part.kind].capitalize()}: {format_size(part.size)}. {MEANINGS[part.kind]}"
                self.spots.append((rect, words))
                x = rect.right()

    def _key(self, model: MemoryModel) -> list[tuple[str, str]]:
        return [
            *((part.kind, f"{WORDS[part.kind]} {format_size(part.size)}") for part in model.parts),
            ("", f"free {format_size(model.free)}"),
        ]

    def _paint_key(self, painter: QPainter, model: MemoryModel) -> None:
        palette = theme().palette
        painter.setFont(theme().font(11))
        for (kind, words), place in zip(self._key(model), self._key_places(model, self.width()), strict=True):
            painter.setPen(QPen(palette.muted, 1))
            painter.setBrush(part_brush(kind, model.name) if kind else palette.well)
            painter.drawRoundedRect(QRectF(place.left() + 0.5, place.top() + 4.5, 9, 9), 2, 2)
            painter.setPen(palette.muted)
            painter.drawText(place.adjusted(_SWATCH, 0, 4, 0), Qt.AlignmentFlag.AlignVCenter, words)

    def _key_places(self, model: MemoryModel, width: float) -> list[QRectF]:
        metrics = QFontMetricsF(theme().font(11))
        widths = (_SWATCH + metrics.horizontalAdvance(words) for _, words in self._key(model))
        return [place.translated(0, _HEADING + _BAR + 6) for place in flow(widths, width, _KEY)]
