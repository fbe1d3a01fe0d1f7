"""Which parts of a model live in which tier, and what that takes. Arithmetic on sizes; knows no machine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from core.planning.knapsack import End, Offer, Parts, select
from core.planning.memory import Footprint
from core.planning.plan import Purpose, Tier
from core.planning.weights import Streams

DEVICE_CONTEXT = 512 << 20
"""Bytes that an accelerator's driver and libraries take before anything is loaded: assumed; 300 to 600 MiB is usual."""

DEVICE_WORKSPACE = 96 << 20
"""Bytes that matrix products and the rounding up of blocks take: on Hopper torch gives its two matrix libraries 32 MiB
each, and it takes memory by 2 or 20 MiB at a time."""

Uses = dict[Purpose, int]
"""Bytes by purpose."""


@dataclass(frozen=True, slots=True)
class Tiers:
    """Where each part of a target lives, as in `Plan`."""

    layers: tuple[Tier, ...]
    experts: tuple[Tier, ...]
    embedding: Tier
    head: Tier


@dataclass(frozen=True, slots=True)
class Placement:
    """Where everything lives. If it does not fit, the smallest placement, and what that lacks.

    Attributes:
        kv: Where the target's keys and values are.
        streams: Which kinds of parts are not all resident.
        ram, vram: Our own bytes in those tiers.
        shared: Whether they are one memory, so that `ram` counts too what is in `vram`.
        missing: By how much the limits of tiers are too low; empty if the placement fits.
        needed: The lowest limit of each tier at which the model runs.
        resident_limit: The limit of the resident tier from which nothing streams.
        from_drive, over_bus: Bytes that each pass reads, and copies from RAM to the device.
    """

    tiers: Tiers
    kv: Tier
    streams: Streams
    ram: Uses
    vram: Uses
    shared: bool
    missing: dict[Tier, int]
    needed: dict[Tier, int]
    resident_limit: int
    from_drive: int
    over_bus: int


def place_on_cpu(footprint: Footprint, engine: int, ram_limit: int) -> Placement:
    """Everything in RAM; what finds no room there streams from the drive.

    Args:
        engine: Bytes of an engine process that has loaded nothing.
    """
    base = {Purpose.ENGINE: engine + footprint.process} | _working_set(footprint, footprint.kv)
    parts = _Target(footprint, Tier.RAM)
    ram = parts.fill(Tier.RAM, base, footprint.staging, ram_limit)
    needed = {Tier.RAM: ram.minimum}
    return Placement(
        tiers=parts.tiers,
        kv=Tier.RAM,
        streams=ram.streams,
        ram=ram.uses,
        vram={},
        shared=False,
        missing=_lack(needed, {Tier.RAM: ram_limit}),
        needed=needed,
        resident_limit=ram.resident_limit,
        from_drive=parts.travels(Tier.SSD),
        over_bus=0,
    )


def place_on_device(footprint: Footprint, engine: int, ram_limit: int, vram_limit: int) -> Placement:
    """Everything in VRAM; what finds no room there streams from RAM, and what RAM cannot hold from the drive.

    Keys and values are kept in RAM instead if the model does not fit otherwise. When more VRAM lets them return, they
    take the room of as many bytes of layers: no more bytes travel then, unless layers are stored in a wider dtype.
    """
    host, host_most = _host(footprint, engine)
    parts, vram = _in_vram(footprint, footprint.kv, vram_limit)
    minimum, resident_limit, kv = vram.minimum, vram.resident_limit, Tier.VRAM
    if host_most + footprint.kv <= ram_limit:
        minimum -= footprint.kv - footprint.layer_kv
        if vram.minimum > vram_limit:
            parts, vram = _in_vram(footprint, footprint.layer_kv, vram_limit)
            host[Purpose.KV], kv = footprint.kv, Tier.RAM
    # Of a tied head that waits in slices no rows are to be had for the embedding.
    rows = vram.streams.embedding and footprint.target.spec.tied_embeddings
    ram = parts.fill(
        Tier.RAM,
        host,
        lambda streams: footprint.host_staging(vram.streams, rows_from_drive=rows or streams.embedding),
        ram_limit,
    )
    needed = {Tier.VRAM: minimum, Tier.RAM: ram.minimum}
    from_drive = parts.travels(Tier.SSD)
    return Placement(
        tiers=parts.tiers,
        kv=kv,
        streams=vram.streams,
        ram=ram.uses,
        vram=vram.uses,
        shared=False,
        missing=_lack(needed, {Tier.VRAM: vram_limit, Tier.RAM: ram_limit}),
        needed=needed,
        resident_limit=resident_limit,
        from_drive=from_drive,
        over_bus=from_drive + parts.travels(Tier.RAM) + host.get(Purpose.KV, 0),
    )


def place_on_shared(footprint: Footprint, engine: int, ram_limit: int, vram_limit: int) -> Placement:
    """Everything in VRAM that is a share of RAM, as Apple's is; what finds no room there streams from the drive.

    What we take of VRAM counts as RAM too. Nothing waits in RAM: resident, it would take no more.
    """
    host, host_most = _host(footprint, engine)
    parts, vram = _in_vram(footprint, footprint.kv, min(vram_limit, ram_limit - host_most))
    host[Purpose.STAGING] = footprint.host_staging(vram.streams, rows_from_drive=vram.streams.embedding)
    needed = {Tier.VRAM: vram.minimum, Tier.RAM: vram.minimum + host_most}
    return Placement(
        tiers=parts.tiers,
        kv=Tier.VRAM,
        streams=vram.streams,
        ram={purpose: size + host.get(purpose, 0) for purpose, size in vram.uses.items()},
        vram=vram.uses,
        shared=True,
        missing=_lack(needed, {Tier.VRAM: vram_limit, Tier.RAM: ram_limit}),
        needed=needed,
        resident_limit=vram.resident_limit,
        from_drive=parts.travels(Tier.SSD),
        over_bus=0,
    )


@dataclass(frozen=True, slots=True)
class _Tank:
    """What fills a tier. `streams` is what the tier was offered and does not hold."""

    uses: Uses
    streams: Streams
    minimum: int
    resident_limit: int


class _Target:
    """The parts of a target: all on the drive, until a tier takes some of them.

    Attributes:
        resident: The tier that the compute device works from.
    """

    def __init__(self, footprint: Footprint, resident: Tier) -> None:
        self.resident = resident
        self._footprint = footprint
        stored = footprint.target.stored
        self._layers = [Tier.SSD] * len(stored.layers)
        self._experts = {index: Tier.SSD for index, size in enumerate(stored.experts) if size}
        self._embedding = self._head = Tier.SSD

    @property
    def tiers(self) -> Tiers:
        experts = tuple(self._experts.get(index, tier) for index, tier in enumerate(self._layers))
        return Tiers(tuple(self._layers), experts, self._embedding, self._head)

    def fill(self, tier: Tier, base: Uses, staging: Callable[[Streams], int], limit: int) -> _Tank:
        """Let a tier take of what is still on the drive what helps most.

        Args:
            base: What else is in the tier.
            staging: What it takes there that other parts stream.
        """
        fixed = sum(base.values())
        ends = self._keep_ends(tier)
        layers = [index for index, place in enumerate(self._layers) if place is Tier.SSD]
        experts = [index for index, place in self._experts.items() if place is Tier.SSD]
        chosen, limits = select(self._offer(tier, layers, experts), staging, limit - fixed - ends)
        for index in chosen.layers:
            self._layers[layers[index]] = tier
        for index in chosen.experts:
            self._experts[experts[index]] = tier
        for end in chosen.ends:
            self._head = tier if end.head else self._head
            self._embedding = tier if end.embedding else self._embedding
        weights = {Purpose.WEIGHTS: chosen.size + ends, Purpose.STAGING: chosen.staging}
        if self._substituted(tier):
            # Of layers that stay the offer had what they take beyond their substitutes, which they do without.
            spared = sum(self._footprint.substitutes[layers[index]] for index in chosen.layers)
            weights[Purpose.WEIGHTS] += spared
            weights[Purpose.SELF_DRAFT] = base[Purpose.SELF_DRAFT] - spared
        return _Tank(base | weights, chosen.streams, fixed + ends + limits.minimum, fixed + ends + limits.resident)

    def _substituted(self, tier: Tier) -> bool:
        """Whether what does not stay in a tier has substitutes there."""
        return tier is self.resident and bool(self._footprint.substitutes)

    def _keep_ends(self, tier: Tier) -> int:
        """Keep what each pass of a self-draft needs besides layers. Returns its bytes."""
        if not self._substituted(tier):
            return 0
        target = self._footprint.target
        self._head, size = tier, target.resident.head
        if target.spec.tied_embeddings or self._footprint.on_cpu:  # else its rows can be had from RAM
            self._embedding, size = tier, size + target.resident.embedding
        return size

    def travels(self, tier: Tier) -> int:
        """Bytes that each pass needs of what lives in a tier."""
        footprint, stored = self._footprint, self._footprint.target.stored
        size = sum(stored.layers[index] for index, place in enumerate(self._layers) if place is tier)
        size += sum(footprint.experts_used[index] for index, place in self._experts.items() if place is tier)
        size += footprint.target.streamed_head if self._head is tier else 0
        return size + (footprint.embedding_rows if self._embedding is tier else 0)

    def _offer(self, tier: Tier, layers: list[int], experts: list[int]) -> Offer:
        """What a tier may take. A tied embedding stays where the head does, if that is on the compute device."""
        footprint, target = self._footprint, self._footprint.target
        resident = tier is self.resident
        sizes = target.resident if resident else target.waiting
        ends = []
        if target.spec.tied_embeddings:
            travels = target.streamed_head + footprint.embedding_rows
            end = End(True, resident, sizes.head + sizes.embedding, travels)
            ends = [end] if self._head is Tier.SSD else []
        else:
            ends = [
                End(head, not head, size, travels)
                for head, place, size, travels in (
                    (True, self._head, sizes.head, target.streamed_head),
                    (False, self._embedding, sizes.embedding, footprint.embedding_rows),
                )
                if place is Tier.SSD
            ]
        kept = self._footprint.beyond_substitutes if self._substituted(tier) else sizes.layers
        return Offer(
            _parts(kept, target.stored.layers, tuple(layers)),
            _parts(sizes.experts, footprint.experts_used, tuple(experts)),
            tuple(ends),
        )


@lru_cache(maxsize=256)
def _parts(sizes: tuple[int, ...], travels: tuple[int, ...], indices: tuple[int, ...]) -> Parts:
    """Some layers, or the experts of some; kept, for what is summed over them is asked for again at every move."""
    return Parts(tuple(sizes[index] for index in indices), tuple(travels[index] for index in indices))


def _in_vram(footprint: Footprint, kv: int, limit: int) -> tuple[_Target, _Tank]:
    """The target with what VRAM takes of it, beside so many bytes of its keys and values."""
    parts = _Target(footprint, Tier.VRAM)
    base = {Purpose.ENGINE: DEVICE_CONTEXT + DEVICE_WORKSPACE} | _working_set(footprint, kv)
    return parts, parts.fill(Tier.VRAM, base, footprint.device_staging, limit)


def _working_set(footprint: Footprint, kv: int) -> Uses:
    """What is always on the compute device."""
    uses = {
        Purpose.KV: kv,
        Purpose.DRAFT: footprint.draft_total,
        Purpose.ACTIVATIONS: footprint.activations,
    }
    return uses | ({Purpose.SELF_DRAFT: sum(footprint.substitutes)} if footprint.substitutes else {})


def _host(footprint: Footprint, engine: int) -> tuple[Uses, int]:
    """What is always in RAM beside a device, and the most that this and the staging of what streams may take."""
    process = engine + footprint.process
    everything = Streams(True, bool(footprint.target.spec.experts), True, True)
    host = {Purpose.ENGINE: process} | ({Purpose.DRAFT: draft} if (draft := footprint.draft_on_host) else {})
    return host, sum(host.values()) + footprint.host_staging(everything, rows_from_drive=True)


def _lack(needed: Mapping[Tier, int], limits: Mapping[Tier, int]) -> dict[Tier, int]:
    """By how much limits are lower than what is needed; nothing where they are not."""
    return {tier: size - limits[tier] for tier, size in needed.items() if size > limits[tier]}
