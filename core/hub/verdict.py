"""Says whether a model runs on this machine and at what speed, in one sentence: the planner's answer, in short."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

from core.machine.machine import Machine
from core.models.spec import ModelSpec
from core.planning.plan import Plan, Request, Speed
from core.planning.planner import make_plan
from core.sizes import format_size

CONTEXT = 8192
"""Tokens that a verdict plans for, or what the model can: a long conversation."""

COMFORTABLE = 5.0
"""Tokens per second: about as fast as people read."""

RESOURCES = {
    "drive": "the SSD",
    "bus": "the bus",
    "compute": "the arithmetic",
    "memory bandwidth": "the memory",
}
"""Names for what limits a plan."""


class Fit(IntEnum):
    """How well a model suits this machine, best first."""

    COMFORTABLE = 0
    SLOW = 1
    NEEDS_DISK = 2
    TOO_LARGE = 3
    NO_ACCESS = 4
    UNUSABLE = 5
    UNKNOWN = 6


@dataclass(frozen=True)
class Verdict:
    """What a person should know before they take a model.

    Attributes:
        sentence: For the screen: "Runs at 5 to 8 tok/s, limited by the SSD."
        low, high: Predicted tokens per second; 0 where it does not run.
        parameters: Of the model; 0 where that is not known.
    """

    fit: Fit
    sentence: str
    low: float = 0.0
    high: float = 0.0
    parameters: int = 0

    @property
    def rank(self) -> tuple[float, ...]:
        """Sorts the best first: of those that run well the largest, of those that are slow the fastest."""
        return (self.fit, -self.parameters if self.fit is Fit.COMFORTABLE else -self.low)


def judge(spec: ModelSpec, machine: Machine, room: Path | None = None, to_fetch: int = 0) -> Verdict:
    """What the planner makes of a model on a machine, with the machine's own drafters.

    Args:
        room: The folder that the model would be downloaded to, if it is not here yet; `to_fetch` bytes are missing.
    """
    plan = make_plan(Request(spec, None, context=min(CONTEXT, spec.context_limit), drafter="auto"), machine)
    if plan.speed is None:
        needs = f"Does not fit: needs at least {format_size(plan.minimum_limit)} of {_tier(plan)}."
        return Verdict(Fit.TOO_LARGE, needs, parameters=spec.parameters)
    low, high = plan.speed.low, plan.speed.high
    missing = to_fetch - shutil.disk_usage(room).free if room is not None else 0
    if missing > 0:
        sentence = f"Needs {format_size(missing)} more disk; then it {_runs(plan.speed)}"
        return Verdict(Fit.NEEDS_DISK, sentence, low, high, spec.parameters)
    fit = Fit.COMFORTABLE if low >= COMFORTABLE else Fit.SLOW
    sentence = _runs(plan.speed)
    return Verdict(fit, sentence[0].upper() + sentence[1:], low, high, spec.parameters)


def _runs(speed: Speed) -> str:
    return f"runs at {speed_range(speed.low, speed.high)} tok/s, limited by {limit_name(speed.limited_by)}."


def speed_range(low: float, high: float) -> str:
    """ "5 to 8", or to one decimal where it is slow."""
    digits = 0 if low >= 3 else 1 if low >= 0.2 else 2
    first, last = f"{low:.{digits}f}", f"{high:.{digits}f}"
    return first if first == last else f"{first} to {last}"


def limit_name(resource: str) -> str:
    return RESOURCES.get(resource, resource)


def _tier(plan: Plan) -> str:
    return plan.resident_tier.value.upper()
