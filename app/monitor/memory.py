"""A tier's memory at a moment: Penjing's engine, its window, everything else, and what is free."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from PySide6.QtGui import QBrush

from app.language import tr
from app.style.patterns import pattern
from app.style.theme import theme
from core.machine.gauges import Gauges


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


WORDS = {"engine": tr("engine"), "window": tr("window"), "ours": "Penjing", "others": tr("others")}
MEANINGS = {
    "engine": tr("Resident memory of the engine process: Python, torch and the models."),
    "window": tr("Resident memory of this window's process."),
    "ours": tr("What the engine holds on the graphics card."),
    "others": tr("Other programs and the system."),
}


@lru_cache(maxsize=256)
def memories(gauges: Gauges) -> tuple[MemoryModel, ...]:
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
    return (*devices, MemoryModel("RAM", "", gauges.ram_total, parts))


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
