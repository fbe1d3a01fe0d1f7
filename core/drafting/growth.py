"""Best-first growth of a tree with batched expansion: SpecExec's parallel search (arXiv 2406.02532, algorithm 2)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Protocol

import torch
from torch import Tensor

from core.trees.token_tree import TokenTree

_BRANCH = 32
"""Most children considered per node."""

ROWS_PER_NODE = 3
"""Most rows that are expanded per node of the budget; it bounds the drafter's cache."""


class Expand(Protocol):
    """Predicts the children of several nodes at once."""

    def __call__(self, nodes: Sequence[int], pool: CandidatePool) -> Tensor:
        """Log probabilities of every token as child of each node, [nodes, vocabulary]."""
        ...


class CandidatePool:
    """All nodes considered so far, in the order of discovery: parents before children.

    Attributes:
        tokens, parents, depths, ranks: One entry per candidate; the root is candidate 0.
        log_probabilities, scores: Of the token given its parent, and of the path from the root. Float32, [candidates].
        slots: Where the rows of expanded candidates lie, in the order of expansion; -1 for the others.
        threshold: Score that a candidate must reach to be among the best that a tree has room for.
    """

    def __init__(self, root: int, budget: int) -> None:
        self._budget = budget
        self.tokens = [root]
        self.parents = [-1]
        self.depths = [0]
        self.ranks = [0]
        self.slots = [-1]
        self.log_probabilities = torch.zeros(1)
        self.scores = torch.zeros(1)
        self.threshold = -math.inf

    def add(self, nodes: Sequence[int], log_probabilities: Tensor) -> None:
        """Add the children of `nodes` that are good enough for the tree."""
        best, tokens = log_probabilities.topk(min(_BRANCH, self._budget, log_probabilities.shape[1]), dim=1)
        best, tokens = best.cpu(), tokens.cpu()
        scores = self.scores[list(nodes), None] + best  # [nodes, branch]
        everything = torch.cat([self.scores, scores.flatten()])
        if len(everything) >= self._budget:
            self.threshold = float(everything.topk(self._budget).values[-1])
        parents, ranks = (scores >= self.threshold).nonzero(as_tuple=True)
        self.scores = torch.cat([self.scores, scores[parents, ranks]])
        self.log_probabilities = torch.cat([self.log_probabilities, best[parents, ranks]])
        for parent, rank, token in zip(parents.tolist(), ranks.tolist(), tokens[parents, ranks].tolist(), strict=True):
            self.tokens.append(token)
            self.parents.append(nodes[parent])
            self.depths.append(self.depths[nodes[parent]] + 1)
            self.ranks.append(rank)
            self.slots.append(-1)

    def best(self) -> list[int]:
        """The best candidates in order of discovery. A tree: no child beats its parent, ties go to parents."""
        order = self.scores.argsort(descending=True, stable=True)[: self._budget]
        return sorted(order.tolist())


def grow_best_first(
    root: int, expand: Expand, budget: int, max_depth: int, width: int, source: str, worthwhile: float = 0.0
) -> tuple[TokenTree, list[int]]:
    """The `budget` most probable paths, as far as `expand` can tell.

    Each round expands, in one batch, the best nodes that are good enough for the tree and were not expanded yet, until
    there are none: since scores fall along every path, no unexpanded node could then contribute a better one. The last
    rounds hardly change the tree, so that growth ends sooner if it may.

    Args:
        root: Token of the root.
        budget: Most nodes, root included.
        max_depth: Deepest level.
        width: Most nodes expanded at once.
        source: Name of the drafter, for the nodes.
        worthwhile: Accepted tokens that another round must be able to add. A child in place of the tree's worst node
            adds at most the difference of its parent's and that node's probability.

    Returns:
        The tree, and for each node where `expand` has put its row: 0 for the first node it was given after the root,
        -1 for nodes that were not expanded. The root's row is always -1.
    """
    pool = CandidatePool(root, budget)
    expanded = {0}
    frontier = [0] if budget > 1 and max_depth > 0 else []
    while frontier:
        pool.add(frontier, expand(frontier, pool))
        worst, scores = pool.threshold, pool.scores.tolist()
        open_nodes = [
            node
            for node, score in enumerate(scores)
            if score >= worst and node not in expanded and pool.depths[node] < max_depth
        ]
        open_nodes.sort(key=lambda node: -scores[node])
        if sum(math.exp(scores[node]) - math.exp(worst) for node in open_nodes) < worthwhile:
            break
        # A batch may expand nodes that later turn out too poor. One at a time, the best open node always belongs to the
        # tree, so that after two rows a node of a batch the third can still finish any tree.
        frontier = sorted(open_nodes[: width if len(expanded) + width <= 2 * budget else 1])
        for node in frontier:
            pool.slots[node] = len(expanded) - 1
            expanded.add(node)
    kept = pool.best()
    place = {node: index for index, node in enumerate(kept)}
    tree = TokenTree(
        tokens=tuple(pool.tokens[node] for node in kept),
        parents=tuple(place[pool.parents[node]] if node else -1 for node in kept),
        depths=tuple(pool.depths[node] for node in kept),
        probabilities=tuple(pool.log_probabilities[kept].exp().tolist()),
        scores=tuple(pool.scores[kept].tolist()),
        ranks=tuple(pool.ranks[node] for node in kept),
        sources=tuple(source if node else "" for node in kept),
    )
    return tree, [pool.slots[node] for node in kept]
