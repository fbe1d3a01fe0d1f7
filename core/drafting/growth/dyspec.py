"""Everything above a threshold, in as many draft passes as the tree is deep: DySpec (arXiv 2410.11744)."""

from __future__ import annotations

import math
from collections.abc import Sequence

from core.drafting.candidate_pool import CandidatePool
from core.drafting.drafter import Outcome
from core.trees.token_tree import TokenTree


class DySpec:
    """Expands all nodes that are reached with a probability of at least one in `budget`, whatever their level."""

    name = "dyspec"
    branch = 32
    prunes = True

    def frontier(self, pool: CandidatePool) -> Sequence[int]:
        least = -math.log(pool.budget)
        return sorted(
            (node for node in pool.open_nodes() if pool.scores[node] >= least), key=lambda node: -pool.scores[node]
        )

    def chosen(self, pool: CandidatePool) -> list[int]:
        return pool.best()

    def observe(self, tree: TokenTree, outcome: Outcome) -> None:
        """The sources learn; the policy has nothing to."""
