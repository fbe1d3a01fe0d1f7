"""Predicts the speed of a placement: the one equation, with what is known of the machine."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

from core.machine.layers import LayerCosts, shape_name
from core.machine.machine import LayerCost, Machine
from core.planning.experience import Shape
from core.planning.knowledge import NONE, Knowledge
from core.planning.memory import Footprint, chosen_share
from core.planning.placement import Placement
from core.planning.plan import PassSeconds, Speed, Tier
from core.planning.weights import STAGING_SLOTS, Weights

DISPATCH = 0.4e-3
"""Seconds that the program around a layer's arithmetic takes per call (measured on two Zen 4 cores)."""

DEVICE_DISPATCH = 0.9e-3
"""The same where an accelerator computes: assumed; published runs of 32 layers take about 30 ms a pass of the draft."""

VRAM_READ = 300e9
"""Bytes per second that an accelerator reads from its own memory: assumed, the slower ones of today."""

BUS = 10e9
"""Bytes per second from RAM to an accelerator where nobody measured it: assumed, half of PCIe 4 x16."""

GAIN = 0.72
"""Tokens per step gained by each e-fold of the budget: assumed, 4.0 tokens per step at 64 nodes and 5.0 at 256. The
demo draft reaches 4.4 with stand-ins at 256 (greedy, November 2026); published pairs 7 to 14 at 128 to 256."""

GAIN_OF_MEMORIES = 0.14
"""The same where nothing drafts but what was seen before: assumed, 1.6 tokens per step at 64 nodes."""

MARGIN = 0.35
"""The predicted range lies this far to both sides: how far assumed tokens per step have been off."""

MARGIN_PUBLISHED = 0.25
MARGIN_KNOWN = 0.15
"""The same where the pair has run elsewhere, and here."""

MOST_ROUNDS = 18
"""Passes of the draft that a tree takes at most."""

DRAFT_ROWS = 12
"""Rows of a usual pass of the draft: 16 are expanded at once, but the last pass has few (measured)."""

ENDS, NODE = 2.5, 0.35
"""What a pass does outside its layers, and what drafting a node and walking through it take: in calls of the smallest
layer, for both are Python's (measured on two Zen 5 cores)."""

SCORE = 2.4e-9
"""Seconds that choosing takes per entry of the vocabulary and node, where a processor does it (measured, as above)."""

DEQUANTISING_READS = 8
"""Bytes that could be read from memory in the time in which a weight is dequantised (measured on two Zen 4 cores, which
read 35 GB/s: 4.5 billion weights a second of GPTQ, AWQ and fp8, 1 to 2 billion of the more intricate GGUF types)."""

OVERLAP_ON_CPU = 0.8
"""Of the shorter of streaming and computing, how much hides behind the longer where a processor does both (measured:
0.7 to 1.0 with 0 to 16 of 18 layers resident)."""

PROMPT = 512
"""Tokens of the prompt that the time to the first token is told for."""


@dataclass(frozen=True, slots=True)
class _Compute:
    """Seconds of computing, and whether reading memory rather than arithmetic sets them."""

    seconds: float
    reading: bool

    @property
    def limit(self) -> str:
        return "memory bandwidth" if self.reading else "compute"


def predict(
    footprint: Footprint,
    placement: Placement,
    machine: Machine,
    knowledge: Knowledge = NONE,
    device: str = "cpu",
) -> Speed:
    """The speed of a placement that fits.

    Weights arrive while other layers compute, so that the shorter of the two hides behind the longer. While a tree is
    drafted and chosen from, the staging ring fills with the first layers of the next pass: of streaming that nothing
    hides, as much time passes meanwhile.

    Args:
        knowledge: Of the pair: its runs on this machine, and what others published.
        device: What computes, as `Plan.device` names it.
    """
    reckoning = _Reckoning.of(footprint, placement, machine)
    budget = footprint.budget
    stream, stream_limit = _stream(placement, machine)
    compute = reckoning.target(budget)
    draft = reckoning.drafting(budget)
    sample = reckoning.choosing(budget)
    hidden = (OVERLAP_ON_CPU if reckoning.on_cpu else 1.0) * min(stream, compute.seconds)
    arriving = min(stream - hidden, _ring_share(footprint, placement) * stream, draft.seconds + sample)
    seconds = PassSeconds(stream, compute.seconds, draft.seconds, hidden + arriving, sample, arriving)

    shape = Shape(device, footprint.target.dtype, budget, placement.from_drive + placement.over_bus)
    pace = knowledge.experience.pace(shape)
    tokens, source, margin = _tokens(footprint, knowledge, shape)
    rate = tokens / (seconds.total * pace)
    longest = max(
        (stream, stream_limit), (compute.seconds, compute.limit), (draft.seconds, draft.limit), key=lambda part: part[0]
    )
    return Speed(
        seconds,
        tokens,
        source,
        rate * (1 - margin),
        rate * (1 + margin),
        longest[1],
        first_token=max(stream, reckoning.reading(PROMPT)) + draft.seconds,
        pace=pace,
        tokens_assumed=tokens_per_step(budget, footprint.draft is not None)[0],
        shape=shape,
    )


def tokens_per_step(budget: int, drafted: bool) -> tuple[float, str]:
    """Committed tokens per step to expect, and where the number is from. They grow with the log of the budget."""
    if budget == 1:
        return 1.0, "without a draft each step commits one token"
    if not drafted:
        return 1.0 + GAIN_OF_MEMORIES * math.log(budget), "default without a draft model: assumed, not measured"
    return 1.0 + GAIN * math.log(budget), "default for a draft model: assumed, not measured for this pair"


def _tokens(footprint: Footprint, knowledge: Knowledge, shape: Shape) -> tuple[float, str, float]:
    """Tokens per step, where the number is from, and how far off it may be."""
    tokens, source = tokens_per_step(footprint.budget, footprint.draft is not None)
    runs, published = knowledge.experience.alike(shape), knowledge.published
    if footprint.budget == 1:
        return tokens, source, MARGIN_KNOWN
    if runs:
        replies = "the last reply" if len(runs) == 1 else f"the last {len(runs)} replies"
        skill = knowledge.experience.skill(shape)
        return 1.0 + (tokens - 1.0) * skill, f"from {replies} of this pair here", MARGIN_KNOWN
    if published is not None and footprint.draft is not None:
        # Of trees of other sizes than theirs, by the same law.
        share = (tokens - 1.0) / (tokens_per_step(published.budget, True)[0] - 1.0)
        return 1.0 + share * (published.tokens_per_step - 1.0), published.source, MARGIN_PUBLISHED
    return tokens, source, MARGIN


def _stream(placement: Placement, machine: Machine) -> tuple[float, str]:
    """Seconds until all streamed weights have arrived, and what they come through slowest."""
    drive = placement.from_drive / machine.drive_read.value
    bus = placement.over_bus / (machine.host_to_device.value if machine.host_to_device else BUS)
    return max((drive, "drive"), (bus, "bus"))


def _ring_share(footprint: Footprint, placement: Placement) -> float:
    """Of what travels at a pass, the share that the staging ring holds. Experts are not asked for ahead."""
    travels = max(placement.from_drive, placement.over_bus)
    layers = footprint.target.largest_layer if placement.streams.layers else 0
    return min(1.0, STAGING_SLOTS * layers / travels) if travels else 0.0


def _unpacked(footprint: Footprint, placement: Placement) -> float:
    """Weights that a pass of the target dequantises: those that stream packed, and those that stay so."""
    target, tiers = footprint.target, placement.tiers
    unpacked, resident = target.unpacked, Tier.VRAM if placement.vram else Tier.RAM
    if not unpacked.total:
        return 0.0
    share = chosen_share(target.spec, footprint.budget)
    parts = (
        *zip(unpacked.layers, tiers.layers, strict=True),
        *((share * size, tier) for size, tier in zip(unpacked.experts, tiers.experts, strict=True)),
        (unpacked.head, tiers.head),
    )
    return sum(size for size, tier in parts if target.packed or tier is not resident)


def _rounds(budget: int) -> int:
    """Draft passes that grow a tree, by its budget (measured: 6 at 8 nodes, 11 at 16, 15 at 32, 18 at 64 and 256)."""
    return round(min(max(5 * math.log2(budget) - 9, min(budget - 1, 3)), MOST_ROUNDS))


@dataclass(frozen=True, slots=True)
class _Reckoning:
    """What computing takes on a machine: from layers that were measured there, else from products and reading.

    Attributes:
        costs: What layers took; None where nobody measured them.
        dispatch: Seconds of the program around a layer.
        unpacked: Weights that a pass of the target dequantises.
    """

    footprint: Footprint
    matmul: float
    memory_read: float
    costs: LayerCosts | None
    dispatch: float
    on_cpu: bool
    unpacked: float

    @classmethod
    def of(cls, footprint: Footprint, placement: Placement, machine: Machine) -> _Reckoning:
        accelerated = bool(placement.vram)
        own_memory = accelerated and not placement.shared
        read = machine.memory_read.value
        if own_memory:
            read = machine.device_read.value if machine.device_read else VRAM_READ
        title = machine.devices[0].title if own_memory and machine.devices else ""
        costs = None if placement.shared else _costs(machine.layers, title, footprint.target.dtype)
        dispatch = DEVICE_DISPATCH if own_memory else DISPATCH
        if costs is not None:
            dispatch = min(dispatch, costs.costs[0].at(1))
        unpacked = _unpacked(footprint, placement)
        return cls(footprint, machine.matmul.value, read, costs, dispatch, not accelerated, unpacked)

    def target(self, rows: int) -> _Compute:
        """A pass of the target."""
        computing = self._passes(self.footprint.target, rows, 1)
        dequantising = self.unpacked * DEQUANTISING_READS / self.memory_read
        return _Compute(computing.seconds + dequantising, computing.reading)

    def drafting(self, budget: int) -> _Compute:
        """Growing a tree: passes of the draft, and the ranking of what they said."""
        draft, rounds = self.footprint.draft, _rounds(budget)
        if draft is None or not rounds:
            return _Compute(0.0, False)
        if self.costs is None or draft.spec.experts:
            passes = self._passes(draft, max(budget, rounds), rounds)
        else:
            one = self._passes(draft, min(DRAFT_ROWS, budget), 1)
            passes = _Compute(rounds * one.seconds, one.reading)
        around = budget * NODE * self.dispatch
        return _Compute(passes.seconds + around, passes.reading)

    def choosing(self, nodes: int) -> float:
        """Walking through the target's scores of a tree."""
        scores = nodes * self.footprint.target.spec.vocabulary * SCORE if self.on_cpu else 0.0
        return scores + nodes * NODE / 4 * self.dispatch

    def reading(self, tokens: int) -> float:
        """Computing a prompt."""
        tokens = min(tokens, self.footprint.context)
        pieces, rest = divmod(tokens, 256)
        whole = self.target(256).seconds * pieces
        return whole + (self.target(rest).seconds if rest else 0.0)

    def _passes(self, model: Weights, rows: int, passes: int) -> _Compute:
        """Seconds of `passes` passes that share out `rows` rows."""
        if self.costs is None or model.spec.experts:
            return self._reckoned(model, rows, passes)
        spec, costs = model.spec, self.costs
        shape = shape_name(spec.hidden_size, spec.intermediate_size, spec.heads, spec.kv_heads, spec.head_dim)
        layers = sum(count * costs.seconds(shape, size, rows) for size, count in model.layer_kinds)
        # A head is a product like those of a large layer.
        head = spec.vocabulary * spec.hidden_size / costs.costs[-1].parameters * costs.costs[-1].at(rows)
        one = passes * (layers + head + ENDS * self.dispatch)
        return _Compute(one, rows < 4)

    def _reckoned(self, model: Weights, rows: int, passes: int) -> _Compute:
        """The same from rates alone.

        A row takes 2 operations for each parameter that it is multiplied with, but a pass at least the reading of all
        weights that any of its rows uses; and each layer's dispatch.
        """
        spec, sizes = model.spec, model.computed
        experts = sum(sizes.experts)
        # The embedding is no factor of a product, unless it is the head too.
        others = sizes.total - experts - (0 if spec.tied_embeddings else sizes.embedding)
        arithmetic = rows * 2 * (others + chosen_share(spec, 1) * experts) / model.element / self.matmul
        reading = passes * (others + chosen_share(spec, -(-rows // passes)) * experts) / self.memory_read
        dispatch = passes * len(spec.layers) * self.dispatch
        return _Compute(max(arithmetic, reading) + dispatch, reading > max(arithmetic, dispatch))


@lru_cache(maxsize=16)
def _costs(layers: tuple[LayerCost, ...], title: str, dtype: str) -> LayerCosts | None:
    return LayerCosts.of(layers, title, dtype)
