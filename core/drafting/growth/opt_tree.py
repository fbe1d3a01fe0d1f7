"""Level by level, as long as a level adds enough to what the tree is expected to bring: OPT-Tree (arXiv 2406.17276)."""

from __future__ import annotations

import math
from collections.abc import Sequence

from core.drafting.candidate_pool import CandidatePool
from core.drafting.drafter import Outcome
from core.trees.token_tree import TokenTree

WORTHWHILE = 0.2
"""Accepted tokens that another level must be expected to have brought for one more to be tried: the paper's delta,
which should lie above what a draft pass costs in target passes."""


class OptTree:
    """Expands all of a level that is good enough for the tree, then keeps the `budget` nodes of highest probability."""

    name = "opt-tree"
    branch = 32
    prunes = True

    def __init__(self) -> None:
        self._expected = 0.0

    def frontier(self, pool: CandidatePool) -> Sequence[int]:
        expected = sum(math.exp(pool.scores[node]) for node in pool.best())
        if pool.expanded and expected - self._expected < WORTHWHILE:
            return []
        self._expected = expected
        open_nodes = pool.open_nodes()
        level = min((pool.depths[node] for node in open_nodes), default=0)
        return sorted((node for node in open_nodes if pool.depths[node] == level), key=lambda node: -pool.scores[node])

    def chosen(self, pool: CandidatePool) -> list[int]:
        return pool.best()

    def observe(self, tree: TokenTree, outcome: Outcome) -> None:
        """The sources learn; the policy has nothing to."""
