"""A tree of a shape that is worked out beforehand from how often children of each rank are taken: Sequoia."""

from __future__ import annotations

import torch

from core.drafting.candidate_pool import CandidatePool
from core.drafting.drafter import Outcome
from core.trees.token_tree import TokenTree

_RANKS = 16
"""Most children of a node."""

_PRIOR_POSITIONS = 8.0
"""Observations that the assumed acceptance is worth."""

_REFRESH = 128
"""Positions after which shapes are worked out anew."""


class Sequoia:
    """The tree of `budget` nodes that is best if the child of rank i is always taken with its measured frequency p_i.

    A dynamic program (arXiv 2402.12374, section 3.1): the best tree of n nodes brings
    c(n) = 1 + the largest sum of p_i * c(a_i) over sizes a_i of its root's subtrees that add up to n - 1.
    Text and scores have no say in the shape; they only put tokens on it.
    """

    name = "sequoia"
    branch = _RANKS
    prunes = False

    def __init__(self) -> None:
        self._taken = [_PRIOR_POSITIONS * 0.6 * 0.3**rank for rank in range(_RANKS)]
        self._positions = _PRIOR_POSITIONS
        self._fresh = 0
        self._splits: list[list[int]] = []

    def frontier(self, pool: CandidatePool) -> list[int]:
        sizes = self._sizes(pool)
        return [
            node
            for node, size in sizes.items()
            if size > 1 and node not in pool.expanded and pool.depths[node] < pool.max_depth
        ]

    def chosen(self, pool: CandidatePool) -> list[int]:
        return list(self._sizes(pool))

    def observe(self, tree: TokenTree, outcome: Outcome) -> None:
        parents = set(tree.parents)
        for node, following in zip(outcome.path, (*outcome.path[1:], None), strict=True):
            if node in parents:
                self._positions += 1
                self._fresh += 1
                if following is not None and tree.ranks[following] < _RANKS:
                    self._taken[tree.ranks[following]] += 1

    def _sizes(self, pool: CandidatePool) -> dict[int, int]:
        """Candidates that have a place in the shape, each with the size of the subtree that begins there."""
        if self._fresh >= _REFRESH or len(self._splits) <= pool.budget:
            self._fresh = 0
            self._splits = best_splits([taken / self._positions for taken in self._taken], pool.budget)
        sizes = {0: pool.budget}
        waiting = [0]
        for node in waiting:
            for child, size in zip(pool.ranked_children(node), self._splits[sizes[node]], strict=False):
                if size:
                    sizes[child] = size
                    waiting.append(child)
        return sizes


def best_splits(acceptance: list[float], budget: int) -> list[list[int]]:
    """For trees of 0 to `budget` nodes, the sizes of the root's subtrees, by rank; 0 for ranks left out.

    Args:
        acceptance: How often the child of each rank is taken.
    """
    ranks = len(acceptance)
    worth = torch.zeros(budget + 1, dtype=torch.float64)  # c(n)
    # By rank and nodes left to share: what children from this rank on bring, and how many nodes the first of them gets.
    rest = torch.zeros(ranks + 1, budget + 1, dtype=torch.float64)
    first = torch.zeros(ranks, budget + 1, dtype=torch.int64)
    splits: list[list[int]] = [[]]
    for nodes in range(1, budget + 1):
        left = nodes - 1
        for rank in reversed(range(ranks)):
            brought = acceptance[rank] * worth[: left + 1] + rest[rank + 1, : left + 1].flip(0)
            best = int(brought.argmax())
            first[rank, left], rest[rank, left] = best, brought[best]
        worth[nodes] = 1.0 + rest[0, left]
        split = []
        for rank in range(ranks):
            split.append(int(first[rank, left]))
            left -= split[-1]
        splits.append(split)
    return splits
