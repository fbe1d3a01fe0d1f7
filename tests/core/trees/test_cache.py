"""Surgery on keys and values."""

from __future__ import annotations

import torch
from hypothesis import given
from hypothesis import strategies as st

from core.trees.cache import TreeCache


def append(cache: TreeCache, values: list[float], padding: int = 0) -> torch.Tensor:
    """Append a row for each value to both layers; returns the keys of layer 1 as one number a slot."""
    cache.rows = len(values)
    rows = torch.tensor([*values, *[-1.0] * padding]).view(1, 1, -1, 1).expand(1, 2, -1, 4)
    cache.update(rows, rows, 0)
    keys, stored = cache.update(rows, -rows, 1)
    assert torch.equal(keys, -stored)
    return keys[0, 0, :, 0]


@given(st.lists(st.tuples(st.integers(1, 12), st.data()), min_size=1, max_size=6), st.data())
def test_committed_rows_are_those_chosen_in_order_whatever_was_appended(
    rounds: list[tuple[int, st.DataObject]], data: st.DataObject
) -> None:
    cache = TreeCache(2, 2, 4, capacity=100, dtype=torch.float32, device="cpu")
    text: list[float] = []
    serial = 0
    for count, _ in rounds:
        rows = [float(serial + row) for row in range(count)]
        serial += count
        held = append(cache, rows, padding=data.draw(st.integers(0, 3)))
        assert held.tolist() == text + rows
        chosen = sorted(data.draw(st.sets(st.integers(0, count - 1))))
        cache.commit([int(rows[row]) for row in chosen], [len(text) + row for row in chosen])
        text += [rows[row] for row in chosen]
        assert cache.tokens == [int(value) for value in text]


def test_rows_of_a_broken_off_pass_are_forgotten() -> None:
    cache = TreeCache(2, 2, 4, capacity=20, dtype=torch.float32, device="cpu")
    append(cache, [1.0, 2.0])
    cache.commit([1, 2], [0, 1])
    append(cache, [8.0, 9.0])
    cache.drop_uncommitted()
    assert append(cache, [3.0]).tolist() == [1.0, 2.0, 3.0]


def test_the_common_beginning_of_two_texts_is_kept() -> None:
    cache = TreeCache(2, 2, 4, capacity=20, dtype=torch.float32, device="cpu")
    append(cache, [1.0, 2.0, 3.0, 4.0])
    cache.commit([1, 2, 3, 4], [0, 1, 2, 3])
    assert cache.keep_prefix([1, 2, 7, 4]) == 2
    assert append(cache, [7.0]).tolist() == [1.0, 2.0, 7.0]
    assert cache.keep_prefix([]) == 0
