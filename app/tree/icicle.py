"""The compact view of a big tree: one strip of the height per node, as tall as its path is probable. Knows no Qt."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass

from core.decoding.report import TreeReport

ABOVE = 500
"""Trees of more nodes are drawn this way."""


@dataclass(frozen=True)
class Icicle:
    """Where each node's strip lies in its column, as fractions of the whole height.

    Attributes:
        columns: Depth of each node.
        tops, heights: One entry per node; a node's children lie within it, the most probable first.
        order: The nodes of each column from top to bottom.
    """

    columns: tuple[int, ...]
    tops: tuple[float, ...]
    heights: tuple[float, ...]
    order: tuple[tuple[int, ...], ...]

    def node_at(self, column: int, y: float) -> int | None:
        """The node whose strip covers `y` (0 the top, 1 the bottom) in a column."""
        if not 0 <= column < len(self.order):
            return None
        nodes = self.order[column]
        position = bisect_right(nodes, y, key=lambda node: self.tops[node]) - 1
        if position < 0 or y >= self.tops[nodes[position]] + self.heights[nodes[position]]:
            return None
        return nodes[position]


def partition(tree: TreeReport) -> Icicle:
    """Divide the height among the nodes of a tree by draft probability.

    Drafters that rank by more than probability can give siblings more than 1 in sum; those are scaled to fit.
    """
    children: list[list[int]] = [[] for _ in tree.parents]
    for node, parent in enumerate(tree.parents[1:], start=1):
        children[parent].append(node)
    columns, tops, heights = [0] * len(children), [0.0] * len(children), [1.0] * len(children)
    level = [0]
    order = []
    while level:
        order.append(tuple(level))
        below: list[int] = []
        for parent in level:
            siblings = sorted(children[parent], key=lambda node: (tree.ranks[node], node))
            scale = heights[parent] / max(1.0, sum(tree.probabilities[node] for node in siblings))
            y = tops[parent]
            for node in siblings:
                columns[node] = columns[parent] + 1
                tops[node], heights[node] = y, tree.probabilities[node] * scale
                y += heights[node]
            below += siblings
        level = below
    return Icicle(tuple(columns), tuple(tops), tuple(heights), tuple(order))
