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
    st.lists(st.tuples(st.lists(tokens, max_size=12), st.integers(1, 40), st.integers(0, 60)), max_size=6),
    st.integers(0, 20),
)
def test_finds_what_a_search_through_all_that_is_remembered_finds(
    limit: int, edits: list[tuple[list[int], int, int]], behind: int
) -> None:
    """Each edit adds a passage some times over and then removes some tokens at the end."""
    index = NgramIndex(limit)
    remembered: list[int] = []
    forgotten = 0
    for passage, times, removed in edits:
        for token in passage * times:
            index.append(token)
        remembered += passage * times
        surplus = max(0, len(remembered) - limit)
        forgotten += surplus
        del remembered[:surplus]
        end = max(0, index.end - removed)
        index.truncate(end)
        if end <= forgotten:
            remembered, forgotten = [], 0
        else:
            del remembered[end - forgotten :]
        assert (index.start, index.end) == (forgotten, forgotten + len(remembered))
        assert index.between(0, index.end) == remembered
        context = (passage * 2)[: len(passage) + behind]
        found = [(position - forgotten, length) for position, length in index.occurrences(context, 24)]
        assert found == searched(remembered, context, 24)  # 24 * 4 links are more than any chain here has


def test_a_longer_agreement_is_found_before_a_newer_one() -> None:
    index = NgramIndex(100)
    for token in [1, 2, 3, 4, 9, 4, 8, 4]:
        index.append(token)
    assert index.occurrences([7, 2, 3, 4], 5) == [(4, 3), (6, 1)]
    assert index.occurrences([7, 2, 3, 4], 1) == [(4, 3)]


def test_forgotten_tokens_do_not_agree() -> None:
    index = NgramIndex(4)
    for token in [1, 2, 3, 4, 5, 6]:
        index.append(token)
    assert index.occurrences([1, 2, 3, 4], 5) == [(4, 2)]


def test_what_is_removed_is_not_found_even_if_it_followed_what_is_forgotten() -> None:
    for total in range(200, 264):  # wherever the forgotten tokens were last cleared away
        index = NgramIndex(40)
        text = [token % 50 for token in range(total)]
        for token in text:
            index.append(token)
        index.truncate(index.start + 1)
        for end in range(index.start, total):
            assert index.occurrences(text[:end], 24) == []


def test_memory_does_not_grow_with_what_was_forgotten() -> None:
    index = NgramIndex(1000)
    for token in range(20_000):
        index.append(token % 700)
    columns = [index._tokens, *index._earlier]
    assert index.end - index.start == 1000
    assert all(len(column) <= 1000 + 250 + LONGEST for column in columns)
    assert index.occurrences([19_999 % 700], 5) == [(19_300, 1)]
