"""What the first pages say about this computer, in words."""

from __future__ import annotations

from dataclasses import dataclass

from app.language import tr
from core.machine.machine import Machine, Source
from core.models.spec import ModelSpec
from core.planning.plan import Plan, Tier
from core.planning.typical import what_runs
from core.sizes import format_size

MEMORY = {Tier.VRAM: tr("graphics memory"), Tier.RAM: "RAM"}


@dataclass(frozen=True)
class Row:
    """What one usual size would be here."""

    size: str
    weight: str
    place: str
    speed: str


def describe(machine: Machine) -> str:
    """The computer in one line."""
    cards = ", ".join(
        tr("{title} with {total_bytes}", title=card.title, total_bytes=format_size(card.total_bytes))
        for card in machine.devices
    )
    drive = tr("drive {value:.1f} GB/s", value=machine.drive_read.value / 1e9)
    if machine.drive_read.source is not Source.MEASURED:
        drive += tr(" (assumed)")
    memory = tr(
        "{ram_available} of {ram_total} RAM free",
        ram_available=format_size(machine.ram_available),
        ram_total=format_size(machine.ram_total),
    )
    return tr(
        "{cores} cores · {memory} · {cards} · {drive}",
        cores=machine.cores,
        memory=memory,
        cards=cards or tr("no graphics card that can compute"),
        drive=drive,
    )


def rows(machine: Machine) -> list[Row]:
    """What this computer could run, smallest first."""
    return [
        Row(model.name, format_size(model.bytes), place(model, plan), speed(plan)) for model, plan in what_runs(machine)
    ]


def place(model: ModelSpec, plan: Plan) -> str:
    """Where the layers of a model would live."""
    if not plan.fits:
        return tr("does not fit")
    resident = MEMORY.get(plan.resident_tier, "memory")
    streamed = plan.streamed_layers
    if not streamed:
        return tr("all in {resident}", resident=resident)
    source = tr("on the drive") if Tier.SSD in plan.streamed_tiers else tr("in RAM")
    return tr("{count} of {count2} layers {source}", count=len(streamed), count2=len(model.layers), source=source)


def speed(plan: Plan) -> str:
    """The predicted speed; where a token takes seconds, seconds."""
    if plan.speed is None:
        return "—"
    low, high = plan.speed.low, plan.speed.high
    if high >= 1:
        return tr("{low:.2g} to {high:.2g} tok/s", low=low, high=high)
    return tr("{value:.0f} to {value2:.0f} s a token", value=1 / high, value2=1 / low)
