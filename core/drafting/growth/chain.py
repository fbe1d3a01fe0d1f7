"""One path and nothing beside it: classic speculative decoding (arXiv 2211.17192)."""

from __future__ import annotations

from core.drafting.candidate_pool import CandidatePool
from core.drafting.drafter import Outcome
from core.trees.token_tree import TokenTree


class Chain:
    """The likeliest child of the likeliest child, as long as the budget goes."""

    name = "chain"
    branch = 1
    prunes = False

    def frontier(self, pool: CandidatePool) -> list[int]:
        path = self.chosen(pool)
        if len(path) == pool.budget:
            return []
        return [node for node in path[-1:] if node not in pool.expanded and pool.depths[node] < pool.max_depth]

    def chosen(self, pool: CandidatePool) -> list[int]:
        path = [0]
        while len(path) < pool.budget and pool.children[path[-1]]:
            path.append(pool.ranked_children(path[-1])[0])
        return path

    def observe(self, tree: TokenTree, outcome: Outcome) -> None:
        """The sources learn; the policy has nothing to."""
