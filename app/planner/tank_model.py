"""A tier as a stacked bar: segments and where the marks lie, in bytes. Knows no pixels."""

from __future__ import annotations

from dataclasses import dataclass

from core.planning.plan import Plan, Purpose, Tier, TierUse

ORDER = (
    Purpose.WEIGHTS,
    Purpose.KV,
    Purpose.DRAFT,
    Purpose.SELF_DRAFT,
    Purpose.STAGING,
    Purpose.ACTIVATIONS,
    Purpose.ENGINE,
)
"""Our own purposes from the left; reserve and others lie at the right end, free between them and us."""

MAGNIFIED_BELOW = 0.3
"""If we take less than this share of a tier, our part is drawn magnified beneath."""


@dataclass(frozen=True, slots=True)
class TankModel:
    """One tier.

    Attributes:
        ours: Our own purposes with their bytes, empty ones left out.
        limit: What ours may add up to.
        excess: Bytes of ours above the limit: what does not fit.
    """

    tier: Tier
    total: int
    limit: int
    ours: tuple[tuple[Purpose, int], ...]
    reserve: int
    others: int

    @classmethod
    def of(cls, use: TierUse) -> TankModel:
        ours = tuple((purpose, use.bytes.get(purpose, 0)) for purpose in ORDER if use.bytes.get(purpose, 0) > 0)
        return cls(
            use.tier,
            use.total,
            use.limit,
            ours,
            use.bytes.get(Purpose.RESERVE, 0),
            use.bytes.get(Purpose.OTHERS, 0),
        )

    @property
    def taken(self) -> int:
        return sum(size for _, size in self.ours)

    @property
    def excess(self) -> int:
        return max(0, self.taken - self.limit)

    @property
    def free(self) -> int:
        return max(0, self.total - self.taken - self.reserve - self.others)

    @property
    def magnified(self) -> bool:
        """Whether our part is too small to read at the tier's own scale."""
        return 0 < self.taken < MAGNIFIED_BELOW * self.total

    @property
    def lens(self) -> int:
        """Bytes that the magnified bar spans: ours, and the limit if it is near."""
        near = self.limit if self.limit <= 1.35 * self.taken else 0
        return round(max(self.taken, near) * 1.02)


def tanks(plan: Plan) -> tuple[TankModel, ...]:
    """The tiers of the machine, VRAM only if there is a device, the drive last."""
    return tuple(TankModel.of(use) for use in sorted(plan.use, key=lambda use: tuple(Tier).index(use.tier)))
