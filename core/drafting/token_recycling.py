"""Drafts what the target itself thought likely after the same token before."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from core.drafting.drafter import Outcome
from core.drafting.memory import Proposal
from core.drafting.successor_table import SuccessorTable
from core.trees.token_tree import TokenTree

_LEAST = 0.002
"""Probability below which a successor is not worth looking at."""


class TokenRecycling:
    """A table of successors that learns from every verified node, accepted or not.

    Attributes:
        name: "recycling".
    """

    name = "recycling"

    def __init__(self, table: SuccessorTable) -> None:
        self._table = table
        self._last = 0

    def begin(self, context: Sequence[int]) -> None:
        self._last = context[-1]

    def state(self, drafted: Sequence[int]) -> int:
        return drafted[-1] if drafted else self._last

    def proposals(self, state: int) -> list[Proposal]:
        return [Proposal(token, share, token) for token, share in self._table.successors(state) if share >= _LEAST]

    def observe(self, tree: TokenTree, outcome: Outcome, logits: Tensor) -> None:
        self._table.learn(tree.tokens, logits)
