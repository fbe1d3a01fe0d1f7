"""Which parts of a model stay in a memory of limited size, so that the fewest bytes travel at each pass."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import compress, product

from core.planning.weights import Streams


@dataclass(frozen=True, slots=True)
class End:
    """A matrix before or behind the layers.

    Attributes:
        head, embedding: What it is; both if they are tied.
        size: Bytes that it takes if it stays.
        travels: Bytes of it that travel at each pass if it does not.
    """

    head: bool
    embedding: bool
    size: int
    travels: int


@dataclass(frozen=True)
class Parts:
    """Parts of a model that are alike: its layers, or the experts of each layer.

    Attributes:
        sizes: Bytes that each takes if it stays.
        travels: Bytes of each that travel at each pass if it does not.
    """

    sizes: tuple[int, ...]
    travels: tuple[int, ...]

    @cached_property
    def size(self) -> int:
        return sum(self.sizes)

    @cached_property
    def travelling(self) -> int:
        return sum(self.travels)

    @cached_property
    def all(self) -> frozenset[int]:
        return frozenset(range(len(self.sizes)))

    def travels_without(self, kept: frozenset[int]) -> int:
        return self.travelling - sum(self.travels[index] for index in kept)


@dataclass(frozen=True, slots=True)
class Offer:
    """What may stay in a memory."""

    layers: Parts
    experts: Parts
    ends: tuple[End, ...]

    @property
    def size(self) -> int:
        return self.layers.size + self.experts.size + sum(end.size for end in self.ends)


@dataclass(frozen=True, slots=True)
class Selection:
    """What stays. Layers and experts are indices into the offer.

    Attributes:
        size: Bytes that all of it takes.
        staging: Bytes that the streaming of the others takes.
        travels: Bytes of the others that travel at each pass.
    """

    layers: frozenset[int]
    experts: frozenset[int]
    ends: tuple[End, ...]
    streams: Streams
    size: int
    staging: int
    travels: int


@dataclass(frozen=True, slots=True)
class Limits:
    """The least space in which an offer can be made to work, and in which all of it stays."""

    minimum: int
    resident: int


def select(offer: Offer, staging: Callable[[Streams], int], space: int) -> tuple[Selection, Limits]:
    """What stays in a space, or in the least space there must be, so that the fewest bytes travel.

    More space never lets more bytes travel.

    Args:
        staging: Bytes that streaming takes, by what streams.
    """
    ways = [_Way.of(offer, staging, *choice) for choice in _choices(offer)]
    minimum = min(way.least for way in ways)
    space = max(space, minimum)
    selections = [way.selection(space) for way in ways if way.least <= space]
    best = min(selections, key=lambda selection: selection.travels)
    return best, Limits(minimum, offer.size + staging(Streams(False, False, False, False)))


def _choices(offer: Offer) -> Iterator[tuple[tuple[End, ...], bool, bool]]:
    """Which ends stay, and whether all layers do, and all experts.

    Of an expert only those bytes travel that passes choose, so that it gains less by staying than any layer: experts
    stay only where all layers do.
    """
    stages = [(True, True)]
    if offer.experts.sizes:
        stages.append((True, False))
    if offer.layers.sizes:
        stages.append((False, not offer.experts.sizes))
    for kept in product((True, False), repeat=len(offer.ends)):
        ends = tuple(compress(offer.ends, kept))
        for layers, experts in stages:
            yield ends, layers, experts


@dataclass(frozen=True, slots=True)
class _Way:
    """A choice, with what follows from it: what streams, what that takes, and the least space for it all."""

    offer: Offer
    ends: tuple[End, ...]
    streams: Streams
    staging: int
    least: int

    @classmethod
    def of(
        cls, offer: Offer, staging: Callable[[Streams], int], ends: tuple[End, ...], layers: bool, experts: bool
    ) -> _Way:
        left = [end for end in offer.ends if end not in ends]
        streams = Streams(not layers, not experts, any(end.head for end in left), any(end.embedding for end in left))
        stays = sum(end.size for end in ends)
        stays += offer.layers.size * layers + offer.experts.size * experts
        taken = staging(streams)
        return cls(offer, ends, streams, taken, stays + taken)

    def selection(self, space: int) -> Selection:
        """The choice with as many of the layers, or of the experts, as the space holds."""
        offer, streams = self.offer, self.streams
        layers, experts = offer.layers.all, offer.experts.all
        size, room = self.least - self.staging, space - self.least
        if streams.layers:
            layers = keep(offer.layers, room)
            size += sum(offer.layers.sizes[index] for index in layers)
        if streams.experts:
            experts = keep(offer.experts, 0 if streams.layers else room)
            size += sum(offer.experts.sizes[index] for index in experts)
        travels = offer.layers.travels_without(layers) + offer.experts.travels_without(experts)
        travels += sum(end.travels for end in offer.ends if end not in self.ends)
        return Selection(layers, experts, self.ends, streams, size, self.staging, travels)


def keep(parts: Parts, space: int) -> frozenset[int]:
    """Of the sets of `spread` that fit into `space`, the one that lets the fewest bytes travel; never everything.

    Layers of a checkpoint gain alike for every byte that they take. So what counts is how much of the space is used,
    and what decides among equals is their place.
    """
    sizes, travels = parts.sizes, parts.travels
    dearest, best, saved = max(travels), frozenset[int](), 0
    for count in range(min(len(sizes) - 1, space // max(1, min(sizes))), 0, -1):
        if count * dearest <= saved:
            break
        kept = spread(count, len(sizes))
        saves = sum(travels[index] for index in kept)
        if saves > saved and sum(sizes[index] for index in kept) <= space:
            best, saved = kept, saves
    return best


@lru_cache(maxsize=1024)
def spread(count: int, total: int) -> frozenset[int]:
    """`count` of `total` layers such that the others lie at even distances.

    Reading then overlaps with the computing of kept layers over the whole depth, instead of waiting at its end.
    """
    others = total - count
    left_out = {(2 * index + 1) * total // (2 * others) for index in range(others)}
    return frozenset(range(total)) - left_out
