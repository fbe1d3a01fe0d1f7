"""All nodes that were considered for a tree, whoever proposed them."""

from __future__ import annotations

import math
from bisect import insort
from collections.abc import Iterable, Mapping, Sequence
from itertools import compress

import numpy as np

from core.trees.token_tree import TokenTree

Names = Mapping[str, float]
"""Who proposes a node: name of the source to the log probability that it gives the token itself."""


class CandidatePool:
    """Nodes in the order of discovery: parents before children, a token once per parent.

    Attributes:
        prefix: What was drafted between the text and the root, the root included; nothing if the root ends the text.
        budget: Most nodes of the tree, root included.
        max_depth: Deepest level.
        questions: That memories may still be asked for this tree, besides for hints.
        price: Accepted tokens that another pass of the draft model must bring; None if nobody knows.
        tokens, parents, depths: One entry per candidate; the root is candidate 0.
        log_probabilities, scores: Of the token given its parent, and of the path from the root.
        names: Who proposed each.
        children: Each candidate's children by token.
        covered: Probability that the children that are known of a candidate hold together.
        expanded: Candidates of whose children the draft model was asked.
    """

    def __init__(self, root: int, budget: int, max_depth: int, prunes: bool = True, prefix: Sequence[int] = ()) -> None:
        """Args: prunes: Whether a candidate that is too poor for any best tree of `budget` nodes is not admitted."""
        self.prefix = prefix
        self.budget = self.questions = budget
        self.max_depth = max_depth
        self.price: float | None = None
        self._prunes = prunes
        self.tokens = [root]
        self.parents = [-1]
        self.depths = [0]
        self.log_probabilities = [0.0]
        self.scores = [0.0]
        self.names: list[dict[str, float]] = [{}]
        self.children: list[dict[int, int]] = [{}]
        self.covered = [0.0]
        self.expanded: set[int] = set()
        self._firm = [True]
        self._ascending = [0.0]

    def __len__(self) -> int:
        return len(self.tokens)

    @property
    def threshold(self) -> float:
        """Score that a candidate must reach to be among the best firm ones that a tree has room for."""
        full = self._prunes and len(self._ascending) >= self.budget
        return self._ascending[-self.budget] if full else -math.inf

    @property
    def worst(self) -> float:
        """Score of the worst node of a tree of the best candidates; minus infinity while it has room for more."""
        if len(self) < self.budget:
            return -math.inf
        return float(np.partition(self.scores, len(self) - self.budget)[len(self) - self.budget])

    def add(self, parent: int, token: int, log_probability: float, names: Names, firm: bool) -> int | None:
        """Add a child, or unite it with the one that is there.

        Args:
            firm: Whether its probability stands, unless what is above it becomes less likely. One that is not may turn
                out to be too high, and crowds out nobody.

        Returns:
            The child, unless it is too poor.
        """
        child = self.children[parent].get(token)
        if child is not None:
            self.log_probabilities[child] = log_probability
            self.names[child].update(names)
            self._firm[child] = firm
            return child
        score = self.scores[parent] + log_probability
        if score < self.threshold:
            return None
        child = len(self)
        self.tokens.append(token)
        self.parents.append(parent)
        self.depths.append(self.depths[parent] + 1)
        self.log_probabilities.append(log_probability)
        self.scores.append(score)
        self.names.append(dict(names))
        self.children.append({})
        self.covered.append(0.0)
        self.children[parent][token] = child
        self._firm.append(firm)
        if firm:
            insort(self._ascending, score)
        return child

    def rescore(self) -> None:
        """Work out all scores anew, after children were united and became more or less likely."""
        scores, parents, own = self.scores, self.parents, self.log_probabilities
        for child in range(1, len(scores)):
            scores[child] = scores[parents[child]] + own[child]
        self._ascending = sorted(compress(scores, self._firm))

    def open_nodes(self) -> list[int]:
        """Candidates, good enough for the tree, whose children the draft model could still be asked for."""
        good = (np.array(self.scores) >= self.threshold) & (np.array(self.depths) < self.max_depth)
        good[list(self.expanded)] = False
        nodes: list[int] = np.flatnonzero(good).tolist()
        return nodes

    def open_mass(self, node: int) -> float:
        """Probability that the target reaches a node and then chooses none of its known children."""
        return math.exp(self.scores[node]) * (1.0 - self.covered[node])

    def unexpanded_path(self, node: int) -> list[int]:
        """The node and those above it of whose children the draft model was not asked, from the node up."""
        path = []
        while node >= 0 and node not in self.expanded:
            path.append(node)
            node = self.parents[node]
        return path

    def drafted(self, node: int) -> list[int]:
        """The tokens from behind the text down to a candidate."""
        path = []
        while node:
            path.append(self.tokens[node])
            node = self.parents[node]
        return [*self.prefix, *reversed(path)]

    def ranked_children(self, node: int) -> list[int]:
        """Children, the likeliest first."""
        return sorted(self.children[node].values(), key=lambda child: -self.log_probabilities[child])

    def best(self) -> list[int]:
        """The best candidates. They make a tree: no child beats its parent, ties go to parents."""
        nodes: list[int] = np.argsort(np.negative(self.scores), kind="stable")[: self.budget].tolist()
        return nodes

    def tree(self, nodes: Iterable[int]) -> tuple[TokenTree, list[int]]:
        """A tree of some candidates, which must hold the parent of each, and the candidate behind each of its nodes."""
        kept = sorted(nodes)
        place = {node: index for index, node in enumerate(kept)}
        ranks = {0: 0}
        for parent in kept:
            siblings = [child for child in self.ranked_children(parent) if child in place]
            ranks.update((child, rank) for rank, child in enumerate(siblings))
        tree = TokenTree(
            tokens=tuple(self.tokens[node] for node in kept),
            parents=tuple(place[self.parents[node]] if node else -1 for node in kept),
            depths=tuple(self.depths[node] for node in kept),
            probabilities=tuple(math.exp(self.log_probabilities[node]) for node in kept),
            scores=tuple(self.scores[node] for node in kept),
            ranks=tuple(ranks[node] for node in kept),
            sources=tuple("+".join(_by_belief(self.names[node])) for node in kept),
            beliefs=tuple(math.exp(max(self.names[node].values(), default=0.0)) for node in kept),
        )
        return tree, kept


def _by_belief(names: Names) -> list[str]:
    """Sources, the one that gives the token most first."""
    return sorted(names, key=lambda name: -names[name])
