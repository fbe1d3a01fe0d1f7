"""The draft tree: flat arrays of nodes, parents before children."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, slots=True)
class TokenTree:
    """A tree of drafted continuations. Node 0, the root, is the last committed token.

    Every array has one entry per node; a node's parent has a smaller index.

    Attributes:
        tokens: Token ids.
        parents: Index of the parent; -1 for the root.
        depths: 0 for the root.
        probabilities: The drafter's probability of the token given its parent; 1 for the root.
        scores: Log probability of the path from the root; 0 for the root.
        ranks: 0 for the drafter's best child of a parent, 1 for the next; 0 for the root.
        sources: Name of the drafter that proposed the node; "" for the root.
        beliefs: The probability that the surest of its sources gives the node's token by itself; 1 for the root. Empty
            where one source is all there is.
    """

    tokens: tuple[int, ...]
    parents: tuple[int, ...]
    depths: tuple[int, ...]
    probabilities: tuple[float, ...]
    scores: tuple[float, ...]
    ranks: tuple[int, ...]
    sources: tuple[str, ...]
    beliefs: tuple[float, ...] = ()

    @classmethod
    def root_only(cls, token: int) -> TokenTree:
        """The tree of plain decoding: nothing drafted."""
        return cls((token,), (-1,), (0,), (1.0,), (0.0,), (0,), ("",), (1.0,))

    def __len__(self) -> int:
        return len(self.tokens)

    @property
    def depth(self) -> int:
        """Deepest level; the root's is 0."""
        return max(self.depths)

    def children(self) -> list[dict[int, int]]:
        """For each node, its children's indices by token."""
        table: list[dict[int, int]] = [{} for _ in self.tokens]
        for node in range(1, len(self)):
            table[self.parents[node]][self.tokens[node]] = node
        return table

    def path(self, node: int) -> list[int]:
        """Indices from the root to `node`, both included."""
        reverse = [node]
        while (node := self.parents[node]) >= 0:
            reverse.append(node)
        return reverse[::-1]

    def visibility(self) -> Tensor:
        """Which node sees which: itself and its ancestors. Bool, [nodes, nodes]."""
        nodes = len(self)
        visible = torch.eye(nodes, dtype=torch.bool)
        parents = torch.tensor(self.parents)
        depths = torch.tensor(self.depths)
        for depth in range(1, self.depth + 1):
            level = (depths == depth).nonzero().squeeze(1)
            visible[level] |= visible[parents[level]]
        return visible
