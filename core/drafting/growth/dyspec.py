"""Everything above a threshold, in as many draft passes as the tree is deep: DySpec (arXiv 2410.11744)."""

from __future__ import annotations

from collections.abc import Sequence

from core.drafting.candidate_pool import CandidatePool
from core.drafting.drafter import Outcome
from core.trees.token_tree import TokenTree


class DySpec:
    """Expands all nodes from which the target is likely to go on to a child that is not known yet.

    That is, at whatever level, with a probability of at least one in `budget`.
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
