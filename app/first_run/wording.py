"""What the first pages say about this computer, in words."""

from __future__ import annotations

from dataclasses import dataclass

from core.machine.machine import Machine, Source
from core.models.spec import ModelSpec
from core.planning.plan import Plan, Tier
from core.planning.typical import what_runs
from core.sizes import format_size

MEMORY = {Tier.VRAM: "graphics memory", Tier.RAM: "RAM"}


@dataclass(frozen=True)
class Row:
    """What one usual size would be here."""

    size: str
    weight: str
    place: str
    speed: str


def describe(machine: Machine) -> str:
    """The computer in one line."""
    cards = ", ".join(f"{card.title} with {format_size(card.total_bytes)}" for card in machine.devices)
    drive = f"drive {machine.drive_read.value / 1e9:.1f} GB/s"
    if machine.drive_read.source is not Source.MEASURED:
        drive += " (assumed)"
    memory = f"{format_size(machine.ram_available)} of {format_size(machine.ram_total)} RAM free"
    return f"{machine.cores} cores · {memory} · {cards or 'no graphics card that can compute'} · {drive}"


def rows(machine: Machine) -> list[Row]:
    """What this computer could run, smallest first."""
    return [
        Row(size.name, format_size(model.bytes), place(model, plan), speed(plan))
        for size, model, plan in what_runs(machine)
    ]


def place(model: ModelSpec, plan: Plan) -> str:
    """Where the layers of a model would live."""
    if not plan.fits:
        return "does not fit"
    resident = MEMORY.get(plan.resident_tier, "memory")
    streamed = plan.streamed_layers
    if not streamed:
        return f"all in {resident}"
    source = "on the drive" if Tier.SSD in plan.streamed_tiers else "in RAM"
    return f"{len(streamed)} of {len(model.layers)} layers {source}"


def speed(plan: Plan) -> str:
    """The predicted speed; where a token takes seconds, seconds."""
    if plan.speed is None:
        return "—"
    low, high = plan.speed.low, plan.speed.high
    if high >= 1:
        return f"{low:.2g} to {high:.2g} tok/s"
    return f"{1 / high:.0f} to {1 / low:.0f} s a token"
