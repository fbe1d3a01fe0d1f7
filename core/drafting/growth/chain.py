"""One path and nothing beside it: classic speculative decoding (arXiv 2211.17192)."""

from __future__ import annotations

from core.drafting.candidate_pool import CandidatePool
from core.drafting.drafter import Outcome
from core.drafting.growth.specexec import WORTHWHILE
from core.trees.token_tree import TokenTree


class Chain:
    """The likeliest child of the likeliest child, as long as the budget goes and there is a hope to get there."""

    name = "chain"
    branch = 1
    prunes = False

    def frontier(self, pool: CandidatePool) -> list[int]:
        path = self.chosen(pool)
        tip = path[-1]
        least = WORTHWHILE if pool.price is None else pool.price
        deep_enough = len(path) == pool.budget or pool.depths[tip] == pool.max_depth
        return [] if deep_enough or tip in pool.expanded or pool.open_mass(tip) < least else [tip]

    def chosen(self, pool: CandidatePool) -> list[int]:
        path = [0]
        while len(path) < pool.budget and pool.children[path[-1]]:
            path.append(pool.ranked_children(path[-1])[0])
        return path

    def observe(self, tree: TokenTree, outcome: Outcome) -> None:
        """The sources learn; the policy has nothing to."""
