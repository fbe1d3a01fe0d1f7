"""Where an arrow key leads in a tree: to the parent, to the best child, to the neighbour above or below."""

from __future__ import annotations

from app.tree.layout import Kind, Place
from app.tree.scene import Scene


def left_of(scene: Scene, place: Place) -> Place | None:
    """What a place hangs on; None left of the root."""
    if place.kind is not Kind.NODE:
        return scene.place_of(place.node)
    parent = scene.tree.parents[place.node]
    return scene.place_of(parent) if parent >= 0 else None


def right_of(scene: Scene, place: Place) -> Place | None:
    """Where the text goes on: the accepted child or the target's own choice, else the draft's best child, if any."""
    tree = scene.tree
    if place.kind is not Kind.NODE:
        return None
    if place.node == tree.exit_node:
        return scene.exit
    children = [node for node, parent in enumerate(tree.parents) if parent == place.node]
    if not children:
        return None
    return scene.place_of(min(children, key=lambda node: (node not in scene.path, tree.ranks[node])))


def beside(scene: Scene, place: Place, rows: int) -> Place | None:
    """The neighbour in the same column, `rows` being -1 for up and 1 for down; None at its end."""
    if not scene.compact:
        column = [other for other in scene.layout.places if other.column == place.column]
        further = [other for other in column if (other.row - place.row) * rows > 0]
        return min(further, key=lambda other: abs(other.row - place.row), default=None)
    order = scene.icicle.order
    column_nodes = order[place.column] if place.column < len(order) else ()
    if place.kind is Kind.EXIT:
        return scene.place_of(column_nodes[0]) if column_nodes else None
    position = column_nodes.index(place.node) + rows
    return scene.place_of(column_nodes[position]) if 0 <= position < len(column_nodes) else None
