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
        self._chosen: tuple[int, ...] = ()

    def begin(self, context: Sequence[int]) -> None:
        # What was chosen last is part of the reply only as far as the text goes on with it: it may have ended before.
        reply = 0
        if self._text == context[: len(self._text)]:
            following = context[len(self._text) :]
            while reply < min(len(following), len(self._chosen)) and following[reply] == self._chosen[reply]:
                reply += 1
        if reply:
            self._memory.extend(self._chosen[:reply])
        self._memory.begin(context)
        self._text, self._chosen = list(context), ()

    def state(self, drafted: Sequence[int]) -> Match:
        return self._memory.match(drafted)

    def proposals(self, state: Match) -> list[Proposal]:
        return [
            Proposal(continuation.token, continuation.share, continuation.match)
            for continuation in self._memory.continuations(state)
        ]

    def observe(self, tree: TokenTree, outcome: Outcome, logits: Tensor) -> None:
        self._chosen = outcome.choices
