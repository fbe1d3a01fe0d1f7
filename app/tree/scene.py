"""One step made ready to draw: the tree, where it stands, and the committed text before it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import cached_property

from app.tree.history import accepted_path
from app.tree.icicle import ABOVE, Icicle, partition
from app.tree.layout import Kind, Layout, Place, lay_out
from core.decoding.report import StepReport, TreeReport


class Drawing(Enum):
    """How a tree is drawn: by its size, or as the person wants it."""

    BY_SIZE = "by size"
    GRAPH = "graph"
    ICICLE = "icicle"


@dataclass(frozen=True)
class Scene:
    """A step and the last tokens committed before its root.

    Attributes:
        unfolded: Nodes whose improbable children are shown all the same.
    """

    report: StepReport
    spine: tuple[str, ...]
    drawing: Drawing = Drawing.BY_SIZE
    unfolded: frozenset[int] = frozenset()

    @property
    def tree(self) -> TreeReport:
        return self.report.tree

    @property
    def compact(self) -> bool:
        """Whether the tree is drawn as an icicle."""
        if self.drawing is Drawing.BY_SIZE:
            return len(self.tree.tokens) > ABOVE
        return self.drawing is Drawing.ICICLE

    @cached_property
    def layout(self) -> Layout:
        return lay_out(self.tree, unfolded=self.unfolded)

    @cached_property
    def icicle(self) -> Icicle:
        return partition(self.tree)

    @cached_property
    def path(self) -> tuple[int, ...]:
        """The accepted nodes, root first."""
        return (0, *accepted_path(self.tree))

    @cached_property
    def depths(self) -> tuple[int, ...]:
        depths = [0] * len(self.tree.parents)
        for node, parent in enumerate(self.tree.parents[1:], start=1):
            depths[node] = depths[parent] + 1
        return tuple(depths)

    @property
    def columns(self) -> int:
        """Columns of the picture; the target's own choice may stand beyond the deepest node."""
        return max(self.depths) + 2 if self.compact else self.layout.columns

    @cached_property
    def compact_exit(self) -> Place:
        """The target's own choice as a place of the icicle; it has no row there."""
        return Place(Kind.EXIT, self.tree.exit_node, -1, self.depths[self.tree.exit_node] + 1, 0)

    def compact_node(self, node: int) -> Place:
        """A node as a place of the icicle; it has no row there."""
        return Place(Kind.NODE, node, -1, self.depths[node], 0)

    def place_of(self, node: int) -> Place:
        """Where a node is shown, as the tree is drawn."""
        return self.compact_node(node) if self.compact else self.layout.of_node(node)

    @property
    def exit(self) -> Place:
        """Where the target's own choice is shown, as the tree is drawn."""
        return self.compact_exit if self.compact else self.layout.exit
