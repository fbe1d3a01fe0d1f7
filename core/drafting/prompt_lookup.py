"""Drafts what followed the same tokens before, in this conversation or an earlier reply."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from core.drafting.drafter import Outcome
from core.drafting.memory import Proposal
from core.drafting.suffix_memory import Match, SuffixMemory
from core.trees.token_tree import TokenTree


class PromptLookup:
    """A suffix memory that follows the committed text.

    Attributes:
        name: "lookup".
    """

    name = "lookup"

    def __init__(self, memory: SuffixMemory) -> None:
        self._memory = memory
        self._text: list[int] = []

    def begin(self, context: Sequence[int]) -> None:
        if self._text != context:
            self._text = list(context)
            self._memory.begin(self._text)

    def state(self, drafted: Sequence[int]) -> Match:
        return self._memory.match(drafted)

    def proposals(self, state: Match) -> list[Proposal]:
        return [
            Proposal(continuation.token, continuation.share, continuation.match)
            for continuation in self._memory.continuations(state)
        ]

    def observe(self, tree: TokenTree, outcome: Outcome, logits: Tensor) -> None:
        self._text.extend(outcome.choices)
        self._memory.extend(outcome.choices)
