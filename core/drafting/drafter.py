"""What every drafter is: something that proposes trees and watches what became of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from torch import Tensor

from core.sampling.sampler import Sampler
from core.trees.token_tree import TokenTree


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the target made of a tree.

    Attributes:
        path: Nodes that were accepted, the root first.
        choices: The target's token at each of them; the last one is its own, the others are the next node's.
        margins: How far each choice was ahead of the second best.
    """

    path: tuple[int, ...]
    choices: tuple[int, ...]
    margins: tuple[float, ...]


class Drafter(Protocol):
    """Proposes a tree of continuations. A wrong proposal costs time, never correctness."""

    name: str

    def grow(self, context: Sequence[int], budget: int, max_depth: int, sampler: Sampler) -> TokenTree:
        """A tree for what may follow.

        Args:
            context: All committed ids; the last one becomes the root.
            budget: Most nodes of the tree, root included.
            max_depth: Deepest level that can still be used.
            sampler: How the target will choose, its noise included.
        """
        ...

    def ahead(self, slack: float) -> bool:
        """Use some time, while the target verifies the tree that `grow` returned last, for what comes after it.

        Args:
            slack: Seconds for which nobody need care about the target's pass: weights go on arriving for it.

        Returns:
            Whether there was anything to do.
        """
        ...

    def observe(self, tree: TokenTree, outcome: Outcome, logits: Tensor) -> Mapping[str, float]:
        """Learn what became of the tree that `grow` returned last.

        Args:
            logits: The target's scores at each node, [nodes, vocabulary].

        Returns:
            Seconds that each source took of this step, growing, growing ahead and learning together.
        """
        ...


class NoDrafter:
    """Plain decoding: one token a pass."""

    name = "none"

    def grow(self, context: Sequence[int], budget: int, max_depth: int, sampler: Sampler) -> TokenTree:
        return TokenTree.root_only(context[-1])

    def ahead(self, slack: float) -> bool:
        return False

    def observe(self, tree: TokenTree, outcome: Outcome, logits: Tensor) -> Mapping[str, float]:
        return {}
