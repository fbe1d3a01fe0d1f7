"""What stays in a memory is what saves most, and what it takes is within the space."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from core.planning.knapsack import End, Offer, Parts, keep, select, spread
from core.planning.weights import Streams

HEAD = End(head=True, embedding=False, size=50, travels=50)
EMBEDDING = End(head=False, embedding=True, size=50, travels=2)


def alike(count: int, size: int, travels: int) -> Parts:
    return Parts((size,) * count, (travels,) * count)


DENSE = Offer(alike(8, 10, 10), Parts((), ()), (HEAD, EMBEDDING))
MIXTURE = Offer(alike(8, 10, 10), alike(8, 100, 60), (HEAD, EMBEDDING))


def staging(streams: Streams) -> int:
    return 20 * (streams.layers or streams.head) + 4 * streams.experts + streams.embedding


parts = st.lists(st.tuples(st.integers(1, 30), st.integers(1, 30)), max_size=6).map(
    lambda pairs: Parts(tuple(size for size, _ in pairs), tuple(travels for _, travels in pairs))
)
offers = st.builds(
    Offer,
    parts,
    parts,
    st.lists(st.sampled_from([HEAD, EMBEDDING]), unique=True, max_size=2).map(tuple),
)


def test_everything_stays_where_there_is_room_for_it() -> None:
    chosen, limits = select(DENSE, staging, 180)
    assert (chosen.layers, chosen.ends, chosen.travels) == (DENSE.layers.all, DENSE.ends, 0)
    assert limits.resident == 180 == chosen.size
    assert chosen.staging == 0


def test_the_embedding_leaves_first() -> None:
    chosen, _ = select(DENSE, staging, 179)
    assert (chosen.layers, chosen.ends, chosen.travels) == (DENSE.layers.all, (HEAD,), 2)


def test_an_embedding_stays_in_what_no_layer_fits_into() -> None:
    offer = Offer(alike(8, 60, 60), Parts((), ()), (EMBEDDING,))
    chosen, _ = select(offer, staging, 3 * 60 + 20 + 55)
    assert (len(chosen.layers), chosen.ends) == (3, (EMBEDDING,))
    chosen, _ = select(offer, staging, 4 * 60 + 20 + 1)
    assert (len(chosen.layers), chosen.ends) == (4, ())


def test_experts_stay_only_beside_all_layers_and_the_head() -> None:
    few, _ = select(MIXTURE, staging, 130)
    assert (few.experts, few.streams.layers) == (frozenset(), True)
    all_layers, _ = select(MIXTURE, staging, 8 * 10 + 50 + 4 + 1 + 100)
    assert (all_layers.layers, all_layers.ends) == (MIXTURE.layers.all, (HEAD,))
    assert len(all_layers.experts) == 1


def test_in_too_little_space_the_smallest_selection_is_returned() -> None:
    chosen, limits = select(MIXTURE, staging, -1000)
    assert chosen.size + chosen.staging == limits.minimum == 25


@given(offer=offers, space=st.integers(0, 600))
def test_what_stays_fits_and_what_streams_is_said(offer: Offer, space: int) -> None:
    chosen, limits = select(offer, staging, space)
    assert chosen.size + chosen.staging <= max(space, limits.minimum)
    assert chosen.staging == staging(chosen.streams)
    assert chosen.size == (
        sum(offer.layers.sizes[index] for index in chosen.layers)
        + sum(offer.experts.sizes[index] for index in chosen.experts)
        + sum(end.size for end in chosen.ends)
    )
    left = [end for end in offer.ends if end not in chosen.ends]
    assert chosen.streams == Streams(
        chosen.layers != offer.layers.all,
        chosen.experts != offer.experts.all,
        any(end.head for end in left),
        any(end.embedding for end in left),
    )
    assert (chosen.travels == 0) == (max(space, limits.minimum) >= limits.resident)


@given(offer=offers, space=st.integers(0, 600), more=st.integers(0, 600))
def test_more_space_never_lets_more_bytes_travel(offer: Offer, space: int, more: int) -> None:
    assert select(offer, staging, space + more)[0].travels <= select(offer, staging, space)[0].travels


@given(parts=parts.filter(lambda parts: bool(parts.sizes)), space=st.integers(0, 200))
def test_of_all_even_spreads_the_one_that_saves_most_is_kept(parts: Parts, space: int) -> None:
    total = len(parts.sizes)
    fitting = [
        kept
        for kept in (spread(count, total) for count in range(total))
        if sum(parts.sizes[index] for index in kept) <= space
    ]
    assert parts.travels_without(keep(parts, space)) == min(parts.travels_without(kept) for kept in fitting)


@given(total=st.integers(2, 100), part=st.floats(0, 1))
def test_what_a_spread_leaves_out_lies_at_even_distances(total: int, part: float) -> None:
    count = round(part * (total - 1))
    kept = spread(count, total)
    assert len(kept) == count
    gaps = [after - before for before, after in pairwise(sorted(set(range(total)) - kept))]
    assert not gaps or max(gaps) - min(gaps) <= 1
