"""Where the weights of one model live, and through how many slots they travel."""

from __future__ import annotations

from dataclasses import dataclass

from core.models.grouping import NORM
from core.models.spec import ModelSpec
from core.planning.plan import Plan, Tier
from core.planning.weights import EXPERT_SLOTS, STAGING_SLOTS


@dataclass(frozen=True, slots=True)
class Places:
    """The part of a plan that concerns one model's weights and its key-value cache.

    Attributes:
        resident: The tier that the compute device works from.
        layers, experts: For each layer, where it lives and where its experts do, if it has any.
        kv: Where the keys and values of new caches lie.
        staging_slots, expert_slots: How many streamed layers, and experts, are held at once.
        reading_threads: How many threads read from the drive together.
        packed: Whether resident weights that are stored packed stay so, and are dequantised at each pass.
    """

    resident: Tier
    layers: tuple[Tier, ...]
    experts: tuple[Tier, ...]
    embedding: Tier
    head: Tier
    kv: Tier
    staging_slots: int = 0
    expert_slots: int = 0
    reading_threads: int = 1
    packed: bool = False

    @classmethod
    def of_target(cls, plan: Plan) -> Places:
        return cls(
            plan.resident_tier,
            plan.layers,
            plan.experts,
            plan.embedding,
            plan.head,
            plan.kv,
            plan.staging_slots,
            plan.expert_slots,
            plan.reading_threads,
            plan.packed,
        )

    @classmethod
    def of_draft(cls, plan: Plan, spec: ModelSpec) -> Places:
        """A draft lives in one tier as a whole."""
        resident = plan.resident_tier
        tier = plan.draft_tier or resident
        streams = tier is not resident
        every = (tier,) * len(spec.layers)
        return cls(
            resident,
            every,
            every,
            # Of a tied head that waits in slices no rows are to be had for the embedding.
            embedding=Tier.SSD if streams and spec.tied_embeddings else tier,
            head=tier,
            kv=resident,
            staging_slots=STAGING_SLOTS if streams else 0,
            expert_slots=EXPERT_SLOTS if streams and spec.experts else 0,
            reading_threads=plan.reading_threads,
        )

    def loaded_bytes(self, spec: ModelSpec) -> int:
        """Bytes that are read before the first pass: all but what comes from the drive at each."""
        sizes = [(layer.bytes, tier) for layer, tier in zip(spec.layers, self.layers, strict=True)]
        for experts, tier in zip(spec.expert_groups, self.experts, strict=True):
            sizes.append((sum(expert.bytes for expert in experts), tier))
        norm = spec.head.alone(NORM, NORM).bytes
        if spec.tied_embeddings:
            sizes.append((spec.embedding.bytes, self.embedding if self.head is Tier.SSD else self.head))
        else:
            sizes += [(spec.embedding.bytes, self.embedding), (spec.head.bytes - norm, self.head)]
        return norm + sum(size for size, tier in sizes if tier is not Tier.SSD)
