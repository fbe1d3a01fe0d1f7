"""Everything above a threshold, in as many draft passes as the tree is deep: DySpec (arXiv 2410.11744)."""

from __future__ import annotations

from collections.abc import Sequence

from core.drafting.candidate_pool import CandidatePool
from core.drafting.drafter import Outcome
from core.trees.token_tree import TokenTree


class DySpec:
    """Expands, at whatever level, all nodes behind which the target goes on with a probability of one in `budget` or more.

    "Goes on" to none of the children that are known, if there are any.
    """

    name = "dyspec"
    branch = 32
    prunes = True

    def frontier(self, pool: CandidatePool) -> Sequence[int]:
        mass = {node: pool.open_mass(node) for node in pool.open_nodes()}
        return sorted((node for node in mass if mass[node] >= 1 / pool.budget), key=lambda node: -mass[node])

    def chosen(self, pool: CandidatePool) -> list[int]:
        return pool.best()

    def observe(self, tree: TokenTree, outcome: Outcome) -> None:
        """The sources learn; the policy has nothing to."""
