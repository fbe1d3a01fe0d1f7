"""A tree of any shape gets a layout in which nothing collides and everything stands where one looks for it."""

from __future__ import annotations

from collections import Counter

from hypothesis import given

from app.tree.layout import FOLD_BELOW, Kind, lay_out
from core.decoding.report import NodeState, TreeReport
from tests.app.tree.steps import small_step, tree, trees


@given(trees())
def test_no_two_places_share_a_spot(report: TreeReport) -> None:
    layout = lay_out(report)
    spots = Counter((place.column, place.row) for place in layout.places)
    assert max(spots.values()) == 1


@given(trees())
def test_children_stand_one_column_to_the_right_of_their_parent(report: TreeReport) -> None:
    layout = lay_out(report)
    assert layout.places[0].column == layout.places[0].row == 0
    for place in layout.places[1:]:
        assert place.column == layout.places[place.parent].column + 1


@given(trees())
def test_a_parent_stands_within_the_span_of_its_children_in_the_row_of_the_best(report: TreeReport) -> None:
    layout = lay_out(report)
    for index, parent in enumerate(layout.places):
        children = [place for place in layout.places if place.parent == index]
        if children:
            rows = [child.row for child in children]
            assert min(rows) <= parent.row <= max(rows)
            shown = [child for child in children if child.kind is Kind.NODE]
            if shown:
                assert min(shown, key=lambda child: report.ranks[child.node]).row == parent.row


@given(trees())
def test_edges_do_not_cross(report: TreeReport) -> None:
    layout = lay_out(report)
    for column in range(1, layout.columns):
        here = sorted((place for place in layout.places if place.column == column), key=lambda place: place.row)
        parents = [layout.places[place.parent].row for place in here]
        assert parents == sorted(parents)


@given(trees())
def test_the_same_tree_always_gets_the_same_layout(report: TreeReport) -> None:
    assert lay_out(report) == lay_out(report)


@given(trees())
def test_every_node_is_shown_or_folded_once_and_accepted_ones_are_shown(report: TreeReport) -> None:
    layout = lay_out(report)
    shown = [place.node for place in layout.places if place.kind is Kind.NODE]
    folded = [node for place in layout.places for node in place.hidden]
    assert sorted(shown + folded) == list(range(len(report.parents)))
    assert {node for node, state in enumerate(report.states) if state is NodeState.ACCEPTED} <= set(shown)
    for node in range(len(report.parents)):
        place = layout.of_node(node)
        assert place.node == node or node in place.hidden


@given(trees())
def test_a_fold_stands_for_improbable_nodes_and_what_hangs_on_them(report: TreeReport) -> None:
    for place in lay_out(report).places:
        if place.kind is Kind.FOLD:
            assert len(place.hidden) >= 2
            for node in place.hidden:
                ancestor = node
                while report.parents[ancestor] != place.node:
                    ancestor = report.parents[ancestor]
                assert report.probabilities[ancestor] < FOLD_BELOW
                assert report.ranks[ancestor] > 0


def test_one_improbable_sibling_alone_is_shown_as_itself() -> None:
    layout = lay_out(tree((-1, 0, 0), (1.0, 0.9, 0.001)))
    assert [place.kind for place in layout.places] == [Kind.NODE, Kind.NODE, Kind.NODE, Kind.EXIT]


def test_the_drafters_favourite_runs_straight_on_from_the_root() -> None:
    layout = lay_out(small_step().tree)
    assert [layout.of_node(node).row for node in (0, 1, 3, 5)] == [0, 0, 0, 0]
    assert layout.of_node(2).row != 0


def test_the_targets_own_choice_hangs_on_the_exit_node() -> None:
    layout = lay_out(small_step().tree)
    assert layout.places[layout.exit.parent].node == 3
    assert layout.exit.column == 3


@given(trees())
def test_every_subtree_stands_as_near_as_it_can(report: TreeReport) -> None:
    """The quick packing gives what packing by whole subtrees gives."""
    layout = lay_out(report, fold_below=0.0)
    children: dict[int, list[int]] = {}
    for index, place in enumerate(layout.places[1:], start=1):
        children.setdefault(place.parent, []).append(index)

    def turn(index: int) -> float:
        """The drafter's order; the exit comes after the best child."""
        place = layout.places[index]
        return report.ranks[place.node] if place.kind is Kind.NODE else 0.5

    def packed(index: int) -> dict[int, tuple[int, int, dict[int, int]]]:
        """Per column from this one on: highest row, lowest row, and the row of each place, this one's being 0."""
        column = layout.places[index].column
        block: dict[int, tuple[int, int, dict[int, int]]] = {}
        ordered = sorted(children.get(index, []), key=turn)
        for child in ordered:
            below = layout.places[child].row > layout.places[index].row
            part = packed(child)
            shared = block.keys() & part.keys()
            shift = 0
            if shared and below:
                shift = max(block[at][1] + 1 - part[at][0] for at in shared)
            elif shared:
                shift = min(block[at][0] - 1 - part[at][1] for at in shared)
            for at, (top, bottom, rows) in part.items():
                old_top, old_bottom, old_rows = block.get(at, (top + shift, bottom + shift, {}))
                moved = {place: row + shift for place, row in rows.items()}
                block[at] = (min(old_top, top + shift), max(old_bottom, bottom + shift), old_rows | moved)
        return {column: (0, 0, {index: 0})} | block

    rows = {place: row for _, _, column_rows in packed(0).values() for place, row in column_rows.items()}
    assert rows == {index: place.row for index, place in enumerate(layout.places)}


def test_leaves_of_different_depths_share_rows_so_that_the_tree_stays_low() -> None:
    """A path of 20 whose every node has one more leaf: leaf order alone would need 20 rows."""
    parents = [-1]
    for depth in range(20):
        parents += [2 * (depth - 1) + 1 if depth else 0, 2 * (depth - 1) + 1 if depth else 0]
    layout = lay_out(tree(tuple(parents)))
    assert layout.bottom - layout.top <= 2


def test_a_chain_of_thousands_is_laid_out() -> None:
    count = 5000
    layout = lay_out(tree(tuple(range(-1, count - 1))))
    assert layout.columns == count
    assert layout.top == 0


def test_moving_a_deep_subtree_past_a_long_comb_stays_linear() -> None:
    """Two combs of thousands beside each other: rows are summed along contours, never along whole subtrees."""
    count = 4000
    teeth = [parent for node in range(count) for parent in (2 * node - 1 if node else 0, 2 * node - 1 if node else 0)]
    layout = lay_out(tree((-1, *teeth)))
    assert len(layout.places) == 2 * count + 2
