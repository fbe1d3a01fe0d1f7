"""Predicts the speed of a placement: the one equation, with what is known of the machine."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

from core.machine.layers import LayerCosts, shape_name
from core.machine.machine import LayerCost, Machine, Source
from core.planning.experience import LASTING, Shape
from core.planning.knowledge import NONE, Knowledge
from core.planning.memory import Footprint, chosen_share
from core.planning.placement import Placement
from core.planning.plan import PassSeconds, Purpose, Speed, Tier
from core.planning.weights import STAGING_SLOTS, Weights

DISPATCH = 0.4e-3
"""Seconds that the program around a layer's arithmetic takes per call (measured on two Zen 4 cores)."""

DEVICE_DISPATCH = 0.9e-3
"""The same where an accelerator computes: assumed; published runs of 32 layers take about 30 ms a pass of the draft."""

VRAM_READ = 300e9
"""Bytes per second that an accelerator reads from its own memory: assumed, the slower ones of today."""

BUS = 10e9
"""Bytes per second from RAM to an accelerator where nobody measured it: assumed, half of PCIe 4 x16."""

GAIN, BEND = 1.13, 0.73
"""Tokens per step gained by a budget of n nodes: GAIN ln(n) ^ BEND, or 2.9 tokens per step at 8 nodes, 4.2 at 64, 4.9
at 256. The demo pair comes to within 5 % of that with 40 random questions and 20 for each stand-in (greedy, November
2026). Published pairs have 7 to 14 at 128 to 256."""

GAIN_OF_MEMORIES = 0.14
"""The same where nothing drafts but what was seen before: assumed, 1.6 tokens per step at 64 nodes."""

GAIN_OF_ITSELF = 2.2
"""The same of a self-draft: assumed, 10 tokens per step at 64 nodes. SubSpec reports 28 for a model of 7 billion
parameters; a stand-in that is sure of itself comes to more than 40 (docs/benchmarks/2026-11-21-self-draft.md)."""

MARGIN = 0.35
"""The predicted range lies this far to both sides: how far assumed tokens per step have been off."""

MARGIN_PUBLISHED = 0.25
MARGIN_KNOWN = 0.15
"""The same where the pair has run elsewhere, and here."""

MOST_ROUNDS = 18
"""Passes of the draft that a tree takes at most."""

ROUNDS_ITSELF = 24
"""The same of a self-draft, whose trees are deep and narrow."""

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

SURVEYED = 20
"""Steps that a prediction from layers and a drive that were measured here weighs against those that were seen: it is
off by some 10 % (measured), a reply of ten steps differs from the next by 15 %."""

PROMPT = 512
"""Tokens of the prompt that the time to the first token is told for."""


@dataclass(frozen=True, slots=True)
class _Compute:
    """Seconds of computing, and the resource that sets them, as in `Speed.limited_by`."""

    seconds: float
    limit: str


def predict(
    footprint: Footprint,
    placement: Placement,
    machine: Machine,
    knowledge: Knowledge = NONE,
    device: str = "cpu",
) -> Speed:
    """The speed of a placement that fits.

    Weights arrive while other layers compute, so that the shorter of the two hides behind the longer. While a tree is
    drafted and chosen from, the staging ring fills with the first layers of the next pass.

    Args:
        knowledge: Of the pair: its runs on this machine, and what others published.
        device: What computes, as `Plan.device` names it.
    """
    reckoning = _Reckoning.of(footprint, placement, machine)
    budget = footprint.budget
    stream, stream_limit = _stream(placement.from_drive, placement.over_bus, machine)
    compute = reckoning.target(budget)
    draft = _drafting(footprint, reckoning, machine)
    sample = reckoning.choosing(budget)
    hidden = min(stream, compute.seconds)
    # Of what nothing hides, the ring's layers travel between passes: they begin to while the last ones still compute.
    # A draft that streams itself leaves them no way.
    between = sample + (0.0 if footprint.draft_from else draft.seconds)
    arriving = min(_ring_share(footprint, placement) * (stream - hidden), between)
    seconds = PassSeconds(stream, compute.seconds, draft.seconds, hidden + arriving, sample, arriving)

    travels = placement.from_drive + placement.over_bus + footprint.draft_travels
    drafting = round(footprint.draft_travels * _rounds(budget)) if footprint.draft_from is not None else 0
    itself = bool(footprint.substitutes)
    shape = Shape(device, footprint.target.dtype, budget, travels, itself)
    surveyed = reckoning.costs is not None and (not stream or machine.drive_read.source is Source.MEASURED)
    pace = knowledge.experience.pace(shape, SURVEYED if surveyed else 0)
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
        tokens_assumed=tokens_per_step(budget, footprint.draft is not None, itself)[0],
        shape=shape,
        from_drive=placement.from_drive + (drafting if footprint.draft_from is Tier.SSD else 0),
        over_bus=placement.over_bus + (0 if reckoning.on_cpu else drafting),
    )


def tokens_per_step(budget: int, drafted: bool, itself: bool = False) -> tuple[float, str]:
    """Committed tokens per step to expect, and where the number is from. They grow with the log of the budget."""
    if budget == 1:
        return 1.0, "without a draft each step commits one token"
    if itself:
        return 1.0 + GAIN_OF_ITSELF * math.log(budget), "default for a self-draft: assumed, not measured for this model"
    if not drafted:
        return 1.0 + GAIN_OF_MEMORIES * math.log(budget), "default without a draft model: assumed, not measured"
    return 1.0 + GAIN * math.log(budget) ** BEND, "default for a draft model: assumed, not measured for this pair"


def _tokens(footprint: Footprint, knowledge: Knowledge, shape: Shape) -> tuple[float, str, float]:
    """Tokens per step, where the number is from, and how far off it may be."""
    tokens, source = tokens_per_step(footprint.budget, footprint.draft is not None, shape.itself)
    runs, published = knowledge.experience.alike(shape, LASTING), knowledge.published
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


def _stream(from_drive: int, over_bus: int, machine: Machine) -> tuple[float, str]:
    """Seconds until bytes that stream have all arrived, and what they come through slowest."""
    drive = from_drive / machine.drive_read.value
    bus = over_bus / (machine.host_to_device.value if machine.host_to_device else BUS)
    return max((drive, "drive"), (bus, "bus"))


def _drafting(footprint: Footprint, reckoning: _Reckoning, machine: Machine) -> _Compute:
    """Growing a tree, by a draft that is resident or streams at each of its passes."""
    computing = reckoning.drafting(footprint.budget)
    if footprint.draft_from is None:
        return computing
    travels = footprint.draft_travels
    from_drive = travels if footprint.draft_from is Tier.SSD else 0
    over_bus = 0 if reckoning.on_cpu else travels
    arriving, limit = _stream(from_drive, over_bus, machine)
    arriving *= _rounds(footprint.budget)
    return computing if computing.seconds > arriving else _Compute(arriving, limit)


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
        held: Bytes of weights that a pass of a self-draft reads.
    """

    footprint: Footprint
    matmul: float
    memory_read: float
    costs: LayerCosts | None
    dispatch: float
    on_cpu: bool
    unpacked: float
    held: int

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
        uses = placement.vram or placement.ram
        held = uses.get(Purpose.SELF_DRAFT, 0) + uses.get(Purpose.WEIGHTS, 0)
        return cls(footprint, machine.matmul.value, read, costs, dispatch, not accelerated, unpacked, held)

    def target(self, rows: int) -> _Compute:
        """A pass of the target."""
        computing = self._passes(self.footprint.target, rows, 1)
        dequantising = self.unpacked * DEQUANTISING_READS / self.memory_read
        return _Compute(computing.seconds + dequantising, computing.limit)

    def drafting(self, budget: int) -> _Compute:
        """Growing a tree: passes of the draft, and the ranking of what they said."""
        if self.footprint.substitutes:
            return self._drafting_itself(budget)
        draft, rounds = self.footprint.draft, _rounds(budget)
        if draft is None or not rounds:
            return _Compute(0.0, "compute")
        if self.costs is None or draft.spec.experts:
            passes = self._passes(draft, max(budget, rounds), rounds)
        else:
            one = self._passes(draft, min(DRAFT_ROWS, budget), 1)
            passes = _Compute(rounds * one.seconds, one.limit)
        around = budget * NODE * self.dispatch
        return _Compute(passes.seconds + around, passes.limit)

    def _drafting_itself(self, budget: int) -> _Compute:
        """The same with substitutes in place of layers: each pass reads what is resident, and is hardly more than that.

        Of these passes all but the first few are run ahead, while weights travel.
        """
        rounds = min(budget - 1, ROUNDS_ITSELF)
        one = self.held / self.memory_read + (len(self.footprint.target.spec.layers) + ENDS) * self.dispatch
        return _Compute(rounds * one + budget * NODE * self.dispatch, "memory bandwidth")

    def choosing(self, nodes: int) -> float:
        """Walking through the target's scores of a tree."""
        scores = nodes * self.footprint.target.spec.vocabulary * SCORE if self.on_cpu else 0.0
        return scores + (ENDS + nodes * NODE / 2) * self.dispatch

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
        return _Compute(one, "memory bandwidth" if rows < 4 else "compute")

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
        limit = "memory bandwidth" if reading > max(arithmetic, dispatch) else "compute"
        return _Compute(max(arithmetic, reading) + dispatch, limit)


@lru_cache(maxsize=16)
def _costs(layers: tuple[LayerCost, ...], title: str, dtype: str) -> LayerCosts | None:
    return LayerCosts.of(layers, title, dtype)
