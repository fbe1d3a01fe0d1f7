"""Where the nodes of a tree stand: columns by depth, rows packed so that the drafter's favourite runs straight on.

A compact layered layout on an integer grid, after Reingold and Tilford (1981). A node stands in the row of its best
child; the other children branch off below and above it in turn, each as near as its whole subtree allows. Time and
space are linear in the number of nodes. Knows nothing of pixels or Qt.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cached_property

from core.decoding.report import NodeState, TreeReport

FOLD_BELOW = 0.01
"""Siblings less probable than this share one "+n"."""


class Kind(Enum):
    """What stands in a place of the layout."""

    NODE = "node"
    EXIT = "exit"
    FOLD = "fold"


@dataclass(frozen=True, slots=True)
class Place:
    """One thing to draw.

    Attributes:
        node: The node itself; for an exit or a fold, the node it hangs on.
        parent: Index of the place that it hangs on, -1 for the root.
        column: Depth, the root's being 0.
        row: Grid row, the root's being 0; rows above the root are negative.
        hidden: The nodes that a fold stands for.
    """

    kind: Kind
    node: int
    parent: int
    column: int
    row: int
    hidden: tuple[int, ...] = ()


@dataclass(frozen=True)
class Layout:
    """The places of a tree: parents precede children, and place 0 is the root."""

    places: tuple[Place, ...]

    @cached_property
    def grid(self) -> dict[tuple[int, int], int]:
        """Index of the place in each taken (column, row)."""
        return {(place.column, place.row): index for index, place in enumerate(self.places)}

    @cached_property
    def columns(self) -> int:
        return 1 + max(place.column for place in self.places)

    @cached_property
    def top(self) -> int:
        return min(place.row for place in self.places)

    @cached_property
    def bottom(self) -> int:
        return max(place.row for place in self.places)

    @cached_property
    def exit(self) -> Place:
        """The place of the target's own choice."""
        return next(place for place in self.places if place.kind is Kind.EXIT)

    def of_node(self, node: int) -> Place:
        """The place that shows a node: its own, or the fold that hides it."""
        return self.places[self._index_of_node[node]]

    @cached_property
    def _index_of_node(self) -> dict[int, int]:
        shown = {place.node: index for index, place in enumerate(self.places) if place.kind is Kind.NODE}
        folded = {node: index for index, place in enumerate(self.places) for node in place.hidden}
        return shown | folded


def lay_out(tree: TreeReport, fold_below: float = FOLD_BELOW, unfolded: Collection[int] = ()) -> Layout:
    """Lay out a tree. Children are ordered by rank, then by index; the same tree always gets the same layout.

    Args:
        unfolded: Nodes whose children are all shown.
    """
    hidden, folds = _fold(tree, fold_below, unfolded)
    draft = [_Draft(Kind.NODE, node, parent) for node, parent in enumerate(tree.parents) if node not in hidden]
    index = {place.node: position for position, place in enumerate(draft)}
    rivals = [tree.ranks[place.node] for place in draft if place.parent_node == tree.exit_node]
    after_best = min(rivals, default=0) + 0.5
    draft.append(_Draft(Kind.EXIT, tree.exit_node, tree.exit_node))
    draft += [_Draft(Kind.FOLD, parent, parent, nodes) for parent, nodes in folds.items()]
    parents = [index[place.parent_node] if place.parent_node >= 0 else -1 for place in draft]

    def order(position: int) -> tuple[float, int]:
        """The exit right after the best child, folds last."""
        place = draft[position]
        rank = {Kind.NODE: tree.ranks[place.node], Kind.EXIT: after_best, Kind.FOLD: len(tree.tokens)}[place.kind]
        return rank, position

    rows = _pack(parents, order)
    columns = [0] * len(draft)
    for position, parent in enumerate(parents[1:], start=1):
        columns[position] = columns[parent] + 1
    return Layout(
        tuple(
            Place(place.kind, place.node, parent, column, row, place.hidden)
            for place, parent, column, row in zip(draft, parents, columns, rows, strict=True)
        )
    )


@dataclass(frozen=True, slots=True)
class _Draft:
    """A place before it has a row."""

    kind: Kind
    node: int
    parent_node: int
    hidden: tuple[int, ...] = ()


def _fold(tree: TreeReport, below: float, unfolded: Collection[int]) -> tuple[set[int], dict[int, tuple[int, ...]]]:
    """All nodes that are not shown, and per parent those that its "+n" stands for.

    A parent's best child and what the target accepted are always shown, and one node alone rather than a "+1".
    """
    under: dict[int, list[int]] = {}
    folded_into = [-1] * len(tree.parents)
    for node, parent in enumerate(tree.parents[1:], start=1):
        spare = tree.ranks[node] > 0 and tree.states[node] is NodeState.NOT_TAKEN
        improbable = spare and tree.probabilities[node] < below and parent not in unfolded
        folded_into[node] = folded_into[parent] if folded_into[parent] >= 0 else parent if improbable else -1
        if folded_into[node] >= 0:
            under.setdefault(folded_into[node], []).append(node)
    folds = {parent: tuple(nodes) for parent, nodes in under.items() if len(nodes) > 1}
    return {node for nodes in folds.values() for node in nodes}, folds


class _Contour:
    """The outline of a subtree that extends to the right: its highest and its lowest row in each column.

    Rows are stored as steps from one column to the next, the leftmost last, so that moving a subtree is one addition
    and joining two costs the columns of the shallower.
    """

    __slots__ = ("lower", "upper")

    def __init__(self) -> None:
        self.upper: list[int] = [0]
        self.lower: list[int] = [0]


def _pack(parents: Sequence[int], order: Callable[[int], tuple[float, int]]) -> list[int]:
    """The row of each place. Parents precede children."""
    children: list[list[int]] = [[] for _ in parents]
    for place, parent in enumerate(parents[1:], start=1):
        children[parent].append(place)
    offsets = [0] * len(parents)
    contours = [_Contour() for _ in parents]
    for place in range(len(parents) - 1, -1, -1):
        if not children[place]:
            continue
        best, *others = sorted(children[place], key=order)
        block = contours[best]
        for turn, other in enumerate(others):
            offsets[other] = _add_below(block, contours[other]) if turn % 2 == 0 else _add_above(block, contours[other])
        block.upper.append(0)
        block.lower.append(0)
        contours[place] = block
    rows = [0] * len(parents)
    for place, parent in enumerate(parents[1:], start=1):
        rows[place] = rows[parent] + offsets[place]
    return rows


def _add_below(block: _Contour, child: _Contour) -> int:
    """Add a subtree below a block; return how far it was moved."""
    shift = _clearance(block.lower, child.upper, 1)
    child.upper[-1] += shift
    child.lower[-1] += shift
    block.lower, block.upper = _cover(child.lower, block.lower), _cover(block.upper, child.upper)
    return shift


def _add_above(block: _Contour, child: _Contour) -> int:
    """Add a subtree above a block; return how far it was moved (a negative number)."""
    shift = -_clearance(block.upper, child.lower, -1)
    child.upper[-1] += shift
    child.lower[-1] += shift
    block.upper, block.lower = _cover(child.upper, block.upper), _cover(block.lower, child.lower)
    return shift


def _clearance(fixed: Sequence[int], moving: Sequence[int], sign: int) -> int:
    """How far `moving` must go from `fixed`, downwards (sign 1) or upwards (-1), to be a row clear in every column."""
    distance, most = 1, -len(fixed) - len(moving)
    for column in range(1, min(len(fixed), len(moving)) + 1):
        distance += sign * (fixed[-column] - moving[-column])
        most = max(most, distance)
    return most


def _cover(front: list[int], behind: list[int]) -> list[int]:
    """The outline of `front` where it has columns, and of `behind` beyond. Both lists are used up."""
    if len(front) >= len(behind):
        return front
    columns = len(front)
    gap = sum(behind[-columns:]) - sum(front)
    del behind[-columns:]
    behind[-1] += gap
    behind.extend(front)
    return behind
