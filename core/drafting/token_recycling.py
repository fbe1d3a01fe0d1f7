"""Drafts what the target itself thought likely after the same token before."""

from __future__ import annotations

import math
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
        # What was asked for lately, as plain numbers: the same tokens stand at many nodes, and in the next tree again.
        self._known: dict[int, list[Proposal]] = {}
        self._last = 0

    def begin(self, context: Sequence[int]) -> None:
        self._last = context[-1]

    def state(self, drafted: Sequence[int]) -> int:
        return drafted[-1] if drafted else self._last

    def proposals(self, state: int) -> list[Proposal]:
        known = self._known.get(state)
        if known is None:
            tokens, log_probabilities = (part[0].tolist() for part in self._table.successors([state]))
            known = self._known[state] = [
                Proposal(token, share, token)
                for token, share in zip(tokens, map(math.exp, log_probabilities), strict=True)
                if share >= _LEAST
            ]
        return known

    def observe(self, tree: TokenTree, outcome: Outcome, logits: Tensor) -> None:
        self._table.learn(tree.tokens, logits)
        for token in tree.tokens:
            self._known.pop(token, None)
