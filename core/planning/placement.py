"""Which layers live in which tier, and what that takes. Arithmetic on sizes; knows no machine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.planning.memory import Footprint
from core.planning.plan import Purpose, Tier

DEVICE_CONTEXT = 512 << 20
"""Bytes that an accelerator's driver and libraries take before anything is loaded: assumed; 300 to 600 MiB is usual."""

Uses = dict[Purpose, int]
"""Bytes by purpose."""


@dataclass(frozen=True, slots=True)
class Placement:
    """Where every layer lives. If it does not fit, the smallest placement, and what that lacks.

    Attributes:
        ram, vram: Our own bytes in those tiers.
        missing: By how much the limits of tiers are too low; empty if the placement fits.
        needed: The lowest limit of each tier at which the model runs.
        resident_limit: The limit of the resident tier from which every layer is resident.
        from_drive, over_bus: Bytes of weights that each pass reads, and copies from RAM to the device.
    """

    tiers: tuple[Tier, ...]
    ram: Uses
    vram: Uses
    missing: dict[Tier, int]
    needed: dict[Tier, int]
    resident_limit: int
    from_drive: int
    over_bus: int


def place_on_cpu(footprint: Footprint, engine: int, ram_limit: int) -> Placement:
    """Everything in RAM; layers that find no room there stream from the drive.

    Args:
        engine: Bytes of an engine process that has loaded nothing.
    """
    base = {Purpose.ENGINE: engine + footprint.process} | _working_set(footprint)
    ram = _fill(footprint.target.layers, base, footprint.staging(False), footprint.staging(True), ram_limit)
    tiers = tuple(Tier.RAM if index in ram.kept else Tier.SSD for index in range(len(footprint.target.layers)))
    return Placement(
        tiers=tiers,
        ram=ram.uses,
        vram={},
        missing={Tier.RAM: ram.missing} if ram.missing else {},
        needed={Tier.RAM: ram.minimum},
        resident_limit=ram.resident_limit,
        from_drive=_stored(footprint, tiers, Tier.SSD),
        over_bus=0,
    )


def place_on_device(footprint: Footprint, engine: int, ram_limit: int, vram_limit: int) -> Placement:
    """Everything in VRAM; layers that find no room there stream from RAM, and what RAM cannot hold from the drive."""
    base = {Purpose.ENGINE: DEVICE_CONTEXT} | _working_set(footprint)
    vram = _fill(footprint.target.layers, base, 0, footprint.target.ring + footprint.target.scratch, vram_limit)
    streamed = [index for index in range(len(footprint.target.layers)) if index not in vram.kept]
    waiting = [footprint.target.stored_layers[index] for index in streamed]
    host_base = {Purpose.ENGINE: engine + footprint.process, Purpose.WEIGHTS: 0}
    ram = _fill(waiting, host_base, footprint.host_staging(False), footprint.host_staging(True), ram_limit)
    tiers = [Tier.VRAM] * len(footprint.target.layers)
    for place, index in enumerate(streamed):
        tiers[index] = Tier.RAM if place in ram.kept else Tier.SSD
    return Placement(
        tiers=tuple(tiers),
        ram=ram.uses,
        vram=vram.uses,
        missing={tier: room.missing for tier, room in ((Tier.VRAM, vram), (Tier.RAM, ram)) if room.missing},
        needed={Tier.VRAM: vram.minimum, Tier.RAM: ram.minimum},
        resident_limit=vram.resident_limit,
        from_drive=_stored(footprint, tiers, Tier.SSD),
        over_bus=sum(waiting),
    )


def keep(sizes: Sequence[int], space: int) -> frozenset[int]:
    """As many layers as fit into `space`, but never all: the rest streams.

    A resident layer saves its bytes at every pass for its own bytes of memory, and this gain per byte is the same for
    all layers of a checkpoint. So their number counts, and what decides among them is their place: see `spread`.
    More space never means fewer layers.
    """
    smallest = max(1, min(sizes))
    for count in range(min(len(sizes) - 1, space // smallest), 0, -1):
        kept = spread(count, len(sizes))
        if sum(sizes[index] for index in kept) <= space:
            return kept
    return frozenset()


def spread(count: int, total: int) -> frozenset[int]:
    """`count` of `total` layers such that the others lie at even distances.

    Reading then overlaps with the computing of kept layers over the whole depth, instead of waiting at its end.
    """
    others = total - count
    left_out = {(2 * index + 1) * total // (2 * others) for index in range(others)}
    return frozenset(range(total)) - left_out


@dataclass(frozen=True, slots=True)
class _Tank:
    """What a tier keeps: indices into the sizes it was offered."""

    kept: frozenset[int]
    uses: Uses
    minimum: int
    resident_limit: int
    missing: int


def _fill(sizes: Sequence[int], base: Uses, staging_if_all: int, staging_if_some: int, limit: int) -> _Tank:
    """Keep all layers if they fit; else as many as fit beside the staging that the others then need."""
    fixed = sum(base.values())
    resident_limit = fixed + sum(sizes) + staging_if_all
    minimum = min(resident_limit, fixed + staging_if_some)
    space = max(limit, minimum) - fixed
    if sum(sizes) + staging_if_all <= space:
        kept, staging = frozenset(range(len(sizes))), staging_if_all
    else:
        kept, staging = keep(sizes, space - staging_if_some), staging_if_some
    weights = base[Purpose.WEIGHTS] + sum(sizes[index] for index in kept)
    uses = base | {Purpose.WEIGHTS: weights, Purpose.STAGING: staging}
    return _Tank(kept, uses, minimum, resident_limit, max(0, minimum - limit))


def _working_set(footprint: Footprint) -> Uses:
    """What is always on the compute device."""
    return {
        Purpose.WEIGHTS: footprint.target.ends,
        Purpose.KV: footprint.kv,
        Purpose.DRAFT: footprint.draft_total,
        Purpose.ACTIVATIONS: footprint.activations,
    }


def _stored(footprint: Footprint, tiers: Sequence[Tier], tier: Tier) -> int:
    return sum(size for size, place in zip(footprint.target.stored_layers, tiers, strict=True) if place is tier)
