"""Rows of a draft in its target's cache: behind the tree, moved on with the text, and known to be lost if they are."""

from __future__ import annotations

import torch

from core.offload.borrowed_cache import BorrowedCache, BorrowedRows
from core.trees.cache import TreeCache

GAP, LAYERS = 4, 2


def filled(cache: TreeCache, values: list[float]) -> None:
    """Append rows to all layers, each full of one number."""
    rows = torch.tensor(values).view(1, 1, -1, 1).expand(1, 1, len(values), 3)
    cache.rows = len(values)
    for layer in range(LAYERS):
        cache.update(rows, rows, layer)


def drafted(borrowed: BorrowedCache, values: list[float]) -> list[float]:
    """The same for rows of a draft. Returns what the first layer then holds, slot by slot."""
    rows = BorrowedRows(borrowed)
    rows.rows = len(values)
    states = torch.tensor(values).view(1, 1, -1, 1).expand(1, 1, len(values), 3)
    for layer in range(LAYERS):
        keys, _ = rows.update(states, states, layer)
    borrowed.ran(len(values))
    held: list[float] = keys[0, 0, :, 0].tolist()
    return held


def test_rows_lie_behind_the_tree_and_move_on_with_the_text() -> None:
    cache = TreeCache(LAYERS, 1, 3, 40, torch.float32, "cpu")
    borrowed = BorrowedCache(cache, GAP)
    filled(cache, [1, 2])
    cache.commit([1, 2], [0, 1])
    borrowed.keep_prefix([1, 2])
    assert drafted(borrowed, [3]) == [1, 2, 0, 0, 0, 0, 3]
    borrowed.commit([3], [2])
    assert borrowed.own == 1
    assert drafted(borrowed, [4, 5, 6]) == [1, 2, 0, 0, 0, 0, 3, 4, 5, 6]
    filled(cache, [30, 40, 50])  # a pass of the target, which draws no row of the draft into its tree
    assert drafted(borrowed, [7])[6:] == [3, 4, 5, 6, 7]
    cache.commit([3, 4], [2, 3])
    borrowed.commit([4, 5], [3, 4], [6])  # text is now 1 2 3 4, the root 5, and the last row stays behind it
    assert (borrowed.tokens, borrowed.own) == ([1, 2, 3, 4, 5], 1)
    held = drafted(borrowed, [8])
    assert held[:4] == [1, 2, 30, 40]
    assert held[4 + GAP :] == [5, 7, 8]


def test_what_two_passes_may_have_written_over_is_lost() -> None:
    cache = TreeCache(LAYERS, 1, 3, 40, torch.float32, "cpu")
    borrowed = BorrowedCache(cache, GAP)
    assert borrowed.turn()
    for passes, kept in ((0, True), (1, True), (2, False), (1, True)):
        for _ in range(passes):
            cache.commit([1], [cache.length])
        assert borrowed.turn() == kept
    assert borrowed.holds([1, 1, 1, 1, 9])
    assert not borrowed.holds([1, 1, 1, 1, 9, 9])
