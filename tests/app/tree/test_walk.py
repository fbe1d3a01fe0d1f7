"""Arrow keys lead along the tree, however it is drawn, and every node can be reached by them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.tree.layout import Kind, Place
from app.tree.scene import Drawing, Scene
from app.tree.walk import beside, left_of, right_of
from core.decoding.report import TreeReport
from tests.app.tree.steps import small_step, step, tree, trees

DRAWINGS = (Drawing.GRAPH, Drawing.ICICLE)


@pytest.mark.parametrize("drawing", DRAWINGS)
def test_right_follows_the_accepted_path_to_the_targets_own_choice(drawing: Drawing) -> None:
    scene = Scene(small_step(), (), drawing)
    path: list[Place] = []
    place: Place | None = scene.place_of(0)
    while place is not None:
        path.append(place)
        place = right_of(scene, place)
    assert [place.node for place in path] == [0, 1, 3, 3]
    assert path[-1].kind is Kind.EXIT
    for place, before in zip(reversed(path), list(reversed(path))[1:], strict=False):
        assert left_of(scene, place) == before


@pytest.mark.parametrize("drawing", DRAWINGS)
def test_a_branch_that_was_not_taken_leads_to_its_best_child_and_ends(drawing: Drawing) -> None:
    scene = Scene(small_step(), (), drawing)
    assert right_of(scene, scene.place_of(2)) is None
    assert left_of(scene, scene.place_of(5)) == scene.place_of(3)
    assert left_of(scene, scene.place_of(0)) is None


@given(trees(), st.sampled_from(DRAWINGS))
def test_up_and_down_pass_through_a_whole_column(report: TreeReport, drawing: Drawing) -> None:
    scene = Scene(step(report), (), drawing)
    for depth in set(scene.depths):
        places = [scene.place_of(node) for node, at in enumerate(scene.depths) if at == depth]
        column = [place for place in places if place.column == depth]  # others are folded away further left
        place: Place | None = column[0] if column else None
        if place is None:
            continue
        while (above := beside(scene, place, -1)) is not None:
            place = above
        seen = {(place.kind, place.node)}
        while (place := beside(scene, place, 1)) is not None:
            assert (place.kind, place.node) not in seen
            seen.add((place.kind, place.node))
        assert {(at.kind, at.node) for at in column} <= seen


def test_right_prefers_what_was_accepted_to_what_the_draft_preferred() -> None:
    scene = Scene(step(tree((-1, 0, 0), (1.0, 0.6, 0.3), accepted=(2,))), ())
    assert right_of(scene, scene.place_of(0)) == scene.place_of(2)
