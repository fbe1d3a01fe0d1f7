"""A request for a placement, and the plan that answers it: plain data, the same in window, command line and engine."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from core.models.spec import ModelSpec
from core.planning.experience import Shape
from core.planning.sources import GROWTHS


class Tier(StrEnum):
    """A kind of memory that weights can live in."""

    VRAM = "vram"
    RAM = "ram"
    SSD = "ssd"


class Purpose(StrEnum):
    """What bytes are for."""

    WEIGHTS = "weights"
    STAGING = "staging"
    KV = "kv"
    DRAFT = "draft"
    SELF_DRAFT = "self_draft"
    ACTIVATIONS = "activations"
    ENGINE = "engine"
    OTHERS = "others"
    RESERVE = "reserve"


@dataclass(frozen=True, slots=True)
class Request:
    """What a person asks for. Sizes in bytes.

    Attributes:
        device: "auto", "cpu", "cuda:N" or "mps".
        vram_limit: Most the engine may allocate on the device; None for what is free less the reserve.
        ram_limit: Most resident memory the engine process may take; None for what is available less the reserve.
        reserve: RAM kept for the rest of the computer.
        dtype: "auto", "float32", "bfloat16" or "float16": what the weights are computed in.
        kv_dtype: What keys and values are kept in: of `weights.KV_BYTES`, or "auto" for what layers compute in.
        draft_tier: Where all of the draft's weights live: "vram", "ram" or "ssd"; "auto" for where layers compute.
        budget: Nodes per tree; None lets the planner choose.
        drafter: Who proposes trees: "auto" for all that can, "none", or names of `sources.SOURCES` joined by "+".
        growth: How they grow: of `sources.GROWTHS`.
        exit_layers: What an early exit of the target runs through; None for what is at hand.
    """

    model: ModelSpec
    draft: ModelSpec | None
    device: str = "auto"
    context: int = 8192
    vram_limit: int | None = None
    ram_limit: int | None = None
    reserve: int = 1 << 30
    dtype: str = "auto"
    kv_dtype: str = "auto"
    draft_tier: str = "auto"
    budget: int | None = None
    drafter: str = "model"
    growth: str = GROWTHS[0]
    exit_layers: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True)
class TierUse:
    """What a plan makes of one tier. Bytes by purpose; `limit` is what our own purposes may add up to."""

    tier: Tier
    total: int
    limit: int
    bytes: dict[Purpose, int]

    @property
    def ours(self) -> int:
        """Bytes that Penjing takes: everything but other programs and the reserve."""
        return sum(size for purpose, size in self.bytes.items() if purpose not in (Purpose.OTHERS, Purpose.RESERVE))


@dataclass(frozen=True, slots=True)
class PassSeconds:
    """Predicted seconds of one pass by cause. `hidden` is the part that runs behind another.

    Attributes:
        sample: Choosing among the target's scores.
        draft_hidden: Of `hidden`, what is hidden of drafting and choosing.
    """

    stream: float
    compute: float
    draft: float
    hidden: float
    sample: float = 0.0
    draft_hidden: float = 0.0

    @property
    def total(self) -> float:
        return self.stream + self.compute + self.draft + self.sample - self.hidden


@dataclass(frozen=True, slots=True)
class Speed:
    """Predicted speed of a plan that fits.

    Attributes:
        seconds: One pass, by cause.
        tokens_per_step: Committed tokens per step that the prediction assumes, and where that number is from.
        low, high: Range of tokens per second.
        limited_by: The resource that more of would help: "drive", "bus", "compute" or "memory bandwidth".
        first_token: Seconds until the first token of a reply to a prompt of some hundred tokens.
        pace: By what earlier runs here were slower than reckoned; `seconds` are without it.
        tokens_assumed: Tokens per step without regard to those runs.
        shape: What makes another load alike as to speed.
        from_drive, over_bus: Bytes that a step reads, and copies from RAM to the device.
    """

    seconds: PassSeconds
    tokens_per_step: float
    tokens_per_step_source: str
    low: float
    high: float
    limited_by: str
    first_token: float = 0.0
    pace: float = 1.0
    tokens_assumed: float = 1.0
    shape: Shape | None = None
    from_drive: int = 0
    over_bus: int = 0

    @property
    def step_seconds(self) -> float:
        """Seconds of one step, by all that is known."""
        return self.seconds.total * self.pace

    @property
    def tokens_per_second(self) -> float:
        """The middle of the range."""
        return self.tokens_per_step / self.step_seconds


@dataclass(frozen=True, slots=True)
class Plan:
    """The complete placement with its predictions. What you see is what is loaded.

    Attributes:
        model, draft: Folders.
        device: Where layers compute: "cpu", "cuda:N" or "mps".
        dtype: What layers compute in: "float32", "bfloat16" or "float16".
        kv_dtype: What keys and values of target and draft are kept in: of `weights.KV_BYTES`.
        layers: Where each decoder layer lives, without its experts if it has any.
        experts: Where each layer's experts live, all of a layer in one tier; for a layer without experts, its own tier.
        embedding: Where that lives. Elsewhere than on the compute device, a pass gathers the rows of its tokens.
        head: Where that lives. Elsewhere than on the compute device, it streams slice by slice.
        kv: Where the target's keys and values are kept: VRAM or RAM.
        draft_tier: Where the draft's weights live, all of them; its keys and values are always where layers compute.
            None without a draft.
        staging_slots: Slots of the ring that streamed layers and slices of a streamed head go through; 0 if none do.
        expert_slots: Slots of the ring that streamed experts go through; 0 if none do.
        reading_threads: How many threads read from the drive.
        use: One entry per tier that the machine has.
        shortfall: Bytes missing for the smallest possible placement; 0 if the plan fits.
        minimum_limit, resident_limit: The limit of the resident tier from which the model runs at all, and from which
            nothing streams.
        speed: None if the plan does not fit.
        warnings: Sentences for the person.
        sources: Who proposes trees: of `sources.SOURCES`.
        choice: Why these, in a sentence, where the planner chose among drafts; else empty.
        growth: How they grow: of `sources.GROWTHS`.
        exit_layers: The target's layers that draft for it, if an early exit is among the sources.
        packed: Whether the target's resident weights that are stored packed stay so, and are dequantised at each pass.
    """

    model: Path
    draft: Path | None
    device: str
    dtype: str
    kv_dtype: str
    context: int
    budget: int
    layers: tuple[Tier, ...]
    experts: tuple[Tier, ...]
    embedding: Tier
    head: Tier
    kv: Tier
    draft_tier: Tier | None
    staging_slots: int
    expert_slots: int
    reading_threads: int
    use: tuple[TierUse, ...]
    shortfall: int
    minimum_limit: int
    resident_limit: int
    speed: Speed | None
    warnings: tuple[str, ...]
    sources: tuple[str, ...] = ("model",)
    growth: str = GROWTHS[0]
    exit_layers: tuple[int, ...] = ()
    packed: bool = False
    choice: str = ""

    @property
    def fits(self) -> bool:
        return self.shortfall == 0

    @property
    def resident_tier(self) -> Tier:
        """The tier from which the compute device works without streaming."""
        return Tier.RAM if self.device == "cpu" else Tier.VRAM

    @property
    def streamed_tiers(self) -> frozenset[Tier]:
        """The tiers that weights travel from at each pass."""
        return frozenset((*self.layers, *self.experts, self.embedding, self.head)) - {self.resident_tier}

    @property
    def streamed_layers(self) -> tuple[int, ...]:
        return tuple(index for index, tier in enumerate(self.layers) if tier is not self.resident_tier)
