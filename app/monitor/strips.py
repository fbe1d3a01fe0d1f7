"""What the monitor's strips show: the timeline against what the plan predicted and what the machine was measured at."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtGui import QBrush

from app.language import tr
from app.monitor.chart import Band, Mark, StripModel
from app.monitor.history import MonitorHistory
from app.monitor.memory import MEANINGS, WORDS, MemoryModel, memories, part_brush
from app.monitor.timeline import CAUSES, Second, Timeline
from app.monitor.wording import CAUSE_WORDS, DEFINITIONS, number, rate
from app.planner.wording import figure, seconds_words
from app.style.patterns import pattern
from app.style.theme import theme
from core.machine.gauges import Gauges
from core.machine.machine import Figure, Machine
from core.planning.plan import Plan, Speed, Tier
from core.sizes import format_size

NO_GPU = tr("No graphics card that can compute was found: the processor computes, and weights travel over no bus.")
_STALE = 3
"""Seconds after which a reading no longer stands for the present."""


def brushes() -> dict[str, QBrush]:
    """The fills of all bands, in the theme's colours now."""
    palette = theme().palette
    return {
        **{f"VRAM {kind}": part_brush(kind, "VRAM") for kind in WORDS},
        **{f"RAM {kind}": part_brush(kind, "RAM") for kind in WORDS},
        "free": pattern("solid", palette.well, palette.surface),
        "drive": pattern("hatched", palette.ssd, palette.surface),
        "bus": pattern("lined", palette.ram, palette.surface),
        "tokens": pattern("solid", palette.accent, palette.surface),
        "draft": pattern("backhatched", palette.draft, palette.surface),
        "stream wait": pattern("hatched", palette.ssd, palette.surface),
        "compute": pattern("solid", palette.accent, palette.surface),
        "sample": pattern("lined", palette.muted, palette.surface),
    }


class Strips:
    """Makes the strips of a moment.

    Attributes:
        plan: What is loaded; None while nothing is.
        machine: What was measured of this machine; None before it was looked at.
    """

    def __init__(self, timeline: Timeline, history: MonitorHistory) -> None:
        self.plan: Plan | None = None
        self.machine: Machine | None = None
        self._timeline = timeline
        self._history = history

    def memory(self) -> list[StripModel]:
        """VRAM of each graphics card, or why there is none, and RAM."""
        readings = self._readings()
        newest = next((reading for reading in reversed(readings) if reading is not None), None)
        if newest is None:
            return [StripModel("RAM", "–", note=tr("Reading the machine …"))]
        models = memories(newest)
        no_gpu = [] if newest.devices else [StripModel("VRAM", tr("none"), note=NO_GPU)]
        past = [memories(reading) if reading is not None else None for reading in readings]
        return [*no_gpu, *(self._tier(index, model, past) for index, model in enumerate(models))]

    def throughput(self) -> list[StripModel]:
        """The drive, and the bus to the graphics card if there is one."""
        readings = self._readings()
        now = readings[-1] if readings else None
        machine = self.machine
        speed = self.plan.speed if self.plan is not None else None
        drive = StripModel(
            tr("Drive"),
            rate(now.drive_read_per_second if now is not None else None),
            (Band("drive", "", tuple(reading.drive_read_per_second if reading else None for reading in readings)),),
            (*_limit(machine.drive_read if machine else None), *_travels(speed, speed.from_drive if speed else 0)),
            meaning=tr(
                "Bytes per second that all drives deliver. The line is what direct reads of the model's reach, the "
                "dashed one what a reply is predicted to take."
            ),
        )
        if now is None or not now.devices:
            return [drive]
        bus = StripModel(
            tr("Bus"),
            rate(self._history.streamed_per_second),
            (Band("bus", "", self._of(lambda second: second.streamed)),),
            (*_limit(machine.host_to_device if machine else None), *_travels(speed, speed.over_bus if speed else 0)),
            meaning=tr(
                "Bytes per second of weights copied to the graphics card. The line is what copies from RAM reach, the "
                "dashed one what a reply is predicted to take."
            ),
        )
        return [drive, bus]

    def speed(self) -> list[StripModel]:
        """Tokens per second, tokens per step, and the time of a step by cause."""
        speed = self.plan.speed if self.plan is not None else None
        split = self._history.split
        rates = () if speed is None else (Mark((speed.low + speed.high) / 2, _range(speed.low, speed.high), True),)
        steps = (
            ()
            if speed is None
            else (
                Mark(
                    speed.tokens_per_step,
                    tr("assumed {tokens_per_step:.1f}", tokens_per_step=speed.tokens_per_step),
                    True,
                ),
            )
        )
        total = () if speed is None else (
            Mark(speed.step_seconds, tr("predicted {total}", total=seconds_words(speed.step_seconds)), True),
        )
        means = split or (None,) * len(CAUSES)
        return [
            StripModel(
                tr("Tokens per second"),
                number(self._history.tokens_per_second),
                (Band("tokens", "", self._of(lambda second: second.tokens_per_second)),),
                rates,
                meaning=DEFINITIONS["tokens per second"],
            ),
            StripModel(
                tr("Tokens per step"),
                number(self._history.tokens_per_step),
                (Band("tokens", "", self._of(lambda second: second.tokens_per_step)),),
                steps,
                meaning=DEFINITIONS["tokens per step"],
            ),
            StripModel(
                tr("Time of a step"),
                seconds_words(sum(split)) if split else "–",
                tuple(
                    Band(cause, _with_mean(CAUSE_WORDS[cause], mean), self._cause(index))
                    for index, (cause, mean) in enumerate(zip(CAUSES, means, strict=True))
                ),
                total,
                meaning="\n".join(f"{CAUSE_WORDS[cause].capitalize()}: {DEFINITIONS[cause]}" for cause in CAUSES),
            ),
        ]

    def _tier(self, index: int, now: MemoryModel, past: list[tuple[MemoryModel, ...] | None]) -> StripModel:
        """One tier of memory; `index` among the tiers of each reading."""
        tiers = [reading[index] if reading is not None and index < len(reading) else None for reading in past]
        bands = [
            Band(
                f"{now.name} {part.kind}",
                f"{WORDS[part.kind]} {format_size(part.size)}",
                tuple(float(tier.parts[place].size) if tier is not None else None for tier in tiers),
            )
            for place, part in enumerate(now.parts)
        ]
        free = tuple(float(tier.free) if tier is not None else None for tier in tiers)
        bands.append(Band("free", tr("free {free}", free=format_size(now.free)), free))
        wanted = Tier.VRAM if now.name == "VRAM" else Tier.RAM
        use = next((use for use in self.plan.use if use.tier is wanted), None) if self.plan is not None else None
        return StripModel(
            f"{now.name} {now.title}".strip(),
            tr("{used} of {total}", used=format_size(now.used), total=format_size(now.total)),
            tuple(bands),
            (Mark(float(use.ours), tr("predicted {ours}", ours=format_size(use.ours)), True),)
            if use is not None
            else (),
            top=float(now.total),
            meaning="\n".join(f"{WORDS[part.kind].capitalize()}: {MEANINGS[part.kind]}" for part in now.parts),
        )

    def _readings(self) -> list[Gauges | None]:
        """The reading of each second; the one before stands in where a second was missed."""
        readings: list[Gauges | None] = []
        last, age = None, 0
        for second in self._timeline.seconds:
            last, age = (second.gauges, 0) if second.gauges is not None else (last, age + 1)
            readings.append(last if age <= _STALE else None)
        return readings

    def _of(self, value: Callable[[Second], float | None]) -> tuple[float | None, ...]:
        return tuple(value(second) for second in self._timeline.seconds)

    def _cause(self, index: int) -> tuple[float | None, ...]:
        return self._of(lambda second: second.step_seconds[index] if second.step_seconds is not None else None)


def _with_mean(cause: str, mean: float | None) -> str:
    """A cause of a step's time with its seconds, once there are any."""
    return f"{cause} {seconds_words(mean)}" if mean is not None else cause


def _limit(measured: Figure | None) -> tuple[Mark, ...]:
    """A speed of the machine as a line."""
    if measured is None:
        return ()
    return (Mark(measured.value, f"{measured.source.value} {rate(measured.value)}", False),)


def _travels(speed: Speed | None, size: int) -> tuple[Mark, ...]:
    """What travels at each step, as a rate, where anything does."""
    if speed is None or size == 0:
        return ()
    predicted = size / speed.step_seconds
    return (Mark(predicted, tr("predicted {rate}", rate=rate(predicted)), True),)


def _range(low: float, high: float) -> str:
    """A predicted range of tokens per second."""
    return (
        tr("predicted {low}", low=figure(low))
        if figure(low) == figure(high)
        else tr("predicted {low} to {high}", low=figure(low), high=figure(high))
    )
