"""What a growth policy is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from core.drafting.candidate_pool import CandidatePool
from core.drafting.drafter import Outcome
from core.trees.token_tree import TokenTree


class Growth(Protocol):
    """Decides what the draft model is asked, and what becomes of the answers.

    Attributes:
        name: What it is chosen by.
        branch: Most children considered per node.
        prunes: Whether only candidates matter that are among the best `budget` by score.
    """

    name: str
    branch: int
    prunes: bool

    def frontier(self, pool: CandidatePool) -> Sequence[int]:
        """Candidates to expand next, in one pass of the draft model, those first that matter most; none ends growth.

        Where the rows of the draft's cache run out, the last ones are left. Those above a candidate that were not
        expanded yet are expanded with it.
        """
        ...

    def chosen(self, pool: CandidatePool) -> Sequence[int]:
        """The candidates that make the tree: at most `pool.budget`, with the parent of each, the root included."""
        ...

    def observe(self, tree: TokenTree, outcome: Outcome) -> None:
        """Learn what became of a tree."""
        ...
