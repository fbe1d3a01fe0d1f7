"""What a memory is: a source of proposals that needs no model, because it has seen what may follow."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

from torch import Tensor

from core.drafting.drafter import Outcome
from core.trees.token_tree import TokenTree


class Proposal(NamedTuple):
    """A token that may follow.

    Attributes:
        share: How often the memory thinks it does, above 0; the proposals for one place add up to 1 at most.
        state: Where the memory is once the token was taken.
    """

    token: int
    share: float
    state: Any


class Memory(Protocol):
    """Proposes a few tokens for any place, in microseconds.

    A state is a memory's own note of a place in the tree; it is good until `observe`.
    """

    name: str

    def begin(self, context: Sequence[int]) -> None:
        """Take up the committed text, which mostly goes on from the last one."""
        ...

    def state(self, drafted: Sequence[int]) -> Any:
        """The state at the end of the text with some tokens drafted behind it."""
        ...

    def proposals(self, state: Any) -> Sequence[Proposal]:
        """What may follow there; nothing if the memory knows nothing."""
        ...

    def observe(self, tree: TokenTree, outcome: Outcome, logits: Tensor) -> None:
        """Remember what the target made of a tree. `logits`: its scores at each node, [nodes, vocabulary]."""
        ...
