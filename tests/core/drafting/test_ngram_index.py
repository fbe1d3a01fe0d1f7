"""The index of n-grams against a search through the whole sequence."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from core.drafting.ngram_index import LONGEST, ORDERS, NgramIndex

tokens = st.integers(0, 2)
"""Three tokens only, so that everything repeats."""


def agreement(sequence: list[int], position: int, context: list[int]) -> int:
    """How many tokens before `position` agree with the end of `context`, counted one by one."""
    length = 0
    while length < min(position, len(context), LONGEST) and sequence[position - 1 - length] == context[-1 - length]:
        length += 1
    return length


def searched(sequence: list[int], context: list[int], most: int) -> list[tuple[int, int]]:
    """What `NgramIndex.occurrences` should find, by looking at every position for every order."""
    found: dict[int, int] = {}
    for order in ORDERS:
        for position in range(len(sequence) - 1, 0, -1):
            length = agreement(sequence, position, context)
            if length >= order and position not in found and len(found) < most:
                found[position] = length
    return list(found.items())


@given(
    st.integers(1, 90),
    st.lists(st.one_of(st.lists(tokens, max_size=60), st.integers(0, 90)), max_size=5),
    st.lists(tokens, min_size=1, max_size=20),
    st.integers(1, 24),
)
def test_finds_what_a_search_through_all_that_is_remembered_finds(
    limit: int, edits: list[list[int] | int], context: list[int], most: int
) -> None:
    """Tokens are added, or removed from a position on; `most * 4` links are more than these chains have."""
    index = NgramIndex(limit)
    remembered: list[int] = []
    forgotten = 0
    for edit in edits:
        if isinstance(edit, list):
            for token in edit:
                index.append(token)
            remembered += edit
        elif edit <= forgotten:
            index.truncate(edit)
            remembered, forgotten = [], 0
        else:
            index.truncate(edit)
            del remembered[edit - forgotten :]
        surplus = max(0, len(remembered) - limit)
        forgotten += surplus
        del remembered[:surplus]
        assert (index.start, index.end) == (forgotten, forgotten + len(remembered))
        assert index.between(0, index.end) == remembered
    found = [(position - forgotten, length) for position, length in index.occurrences(context, most)]
    if len(remembered) <= most * 4:
        assert found == searched(remembered, context, most)


def test_a_longer_agreement_is_found_before_a_newer_one() -> None:
    index = NgramIndex(100)
    for token in [1, 2, 3, 4, 9, 4, 8, 4]:
        index.append(token)
    assert index.occurrences([7, 2, 3, 4], 5) == [(4, 3), (6, 1)]
    assert index.occurrences([7, 2, 3, 4], 1) == [(4, 3)]


def test_memory_does_not_grow_with_what_was_forgotten() -> None:
    index = NgramIndex(1000)
    for token in range(20_000):
        index.append(token % 700)
    columns = [index._tokens, *index._earlier]
    assert index.end - index.start == 1000
    assert all(len(column) <= 1000 + 250 + LONGEST for column in columns)
    assert index.occurrences([19_999 % 700], 5) == [(19_300, 1)]
