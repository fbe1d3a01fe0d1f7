"""Predicts the speed of a placement: the one equation, with what is known of the machine."""

from __future__ import annotations

import math
from dataclasses import dataclass

from core.machine.machine import Machine
from core.planning.memory import Footprint, Weights, chosen_share
from core.planning.placement import Placement
from core.planning.plan import PassSeconds, Speed

DISPATCH = 0.4e-3
"""Seconds that the program around a layer's arithmetic takes per call (measured on two Zen 4 cores)."""

VRAM_READ = 300e9
"""Bytes per second that an accelerator reads from its own memory: assumed, the slower ones of today."""

BUS = 10e9
"""Bytes per second from RAM to an accelerator where nobody measured it: assumed, half of PCIe 4 x16."""

GAIN = 0.72
"""Tokens per step gained by each e-fold of the budget: assumed, 4.0 tokens per step at 64 nodes."""

GAIN_OF_MEMORIES = 0.14
"""The same where nothing drafts but what was seen before: assumed, 1.6 tokens per step at 64 nodes."""

MARGIN = 0.3
"""The predicted range lies this far to both sides: how far assumed tokens per step have been off."""

DEEPEST = 24
"""Levels that a tree has at most."""


@dataclass(frozen=True, slots=True)
class _Compute:
    """Seconds of computing, and whether reading memory rather than arithmetic sets them."""

    seconds: float
    reading: bool

    @property
    def limit(self) -> str:
        return "memory bandwidth" if self.reading else "compute"


def predict(footprint: Footprint, placement: Placement, machine: Machine) -> Speed:
    """The speed of a placement that fits.

    Weights arrive while other layers compute, so that the shorter of the two hides behind the longer. Drafting comes
    before; this version hides none of it.
    """
    own_memory = bool(placement.vram) and not placement.shared
    memory_read = VRAM_READ if own_memory else machine.memory_read.value
    stream, stream_limit = _stream(placement, machine)
    compute = _compute(footprint.target, footprint.budget, 1, machine.matmul.value, memory_read)
    draft = _Compute(0.0, False)
    if footprint.draft is not None:
        levels = _levels(footprint.budget)
        draft = _compute(footprint.draft, footprint.budget, levels, machine.matmul.value, memory_read)
    seconds = PassSeconds(stream, compute.seconds, draft.seconds, min(stream, compute.seconds))
    tokens, source = tokens_per_step(footprint.budget, footprint.draft is not None)
    rate = tokens / seconds.total
    longest = max(
        (stream, stream_limit), (compute.seconds, compute.limit), (draft.seconds, draft.limit), key=lambda part: part[0]
    )
    return Speed(seconds, tokens, source, rate * (1 - MARGIN), rate * (1 + MARGIN), longest[1])


def tokens_per_step(budget: int, drafted: bool) -> tuple[float, str]:
    """Committed tokens per step to expect, and where the number is from. They grow with the log of the budget."""
    if budget == 1:
        return 1.0, "without a draft each step commits one token"
    if not drafted:
        return 1.0 + GAIN_OF_MEMORIES * math.log(budget), "default without a draft model: assumed, not measured"
    return 1.0 + GAIN * math.log(budget), "default for a draft model: assumed, not measured for this pair"


def _stream(placement: Placement, machine: Machine) -> tuple[float, str]:
    """Seconds until all streamed weights have arrived, and what they come through slowest."""
    drive = placement.from_drive / machine.drive_read.value
    bus = placement.over_bus / (machine.host_to_device.value if machine.host_to_device else BUS)
    return max((drive, "drive"), (bus, "bus"))


def _levels(budget: int) -> int:
    """Draft passes that grow a tree: one a level, and trees grow deeper with the log of their budget."""
    return 0 if budget == 1 else round(min(2 + 2 * math.log2(budget), DEEPEST))


def _compute(model: Weights, rows: int, passes: int, matmul: float, memory_read: float) -> _Compute:
    """Seconds of `passes` passes that share out `rows` rows.

    A row takes 2 operations for each parameter that it is multiplied with, but a pass at least the reading of all
    weights that any of its rows uses; and each layer's dispatch.
    """
    if not passes:
        return _Compute(0.0, False)
    spec, resident = model.spec, model.resident
    experts = sum(resident.experts)
    # The embedding is no factor of a product, unless it is the head too.
    others = resident.total - experts - (0 if spec.tied_embeddings else resident.embedding)
    arithmetic = rows * 2 * (others + chosen_share(spec, 1) * experts) / model.element / matmul
    reading = passes * (others + chosen_share(spec, -(-rows // passes)) * experts) / memory_read
    dispatch = passes * len(spec.layers) * DISPATCH
    return _Compute(max(arithmetic, reading) + dispatch, reading > max(arithmetic, dispatch))
