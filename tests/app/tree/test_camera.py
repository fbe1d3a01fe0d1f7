"""The camera keeps the root in place, the target's choice in sight, and the point under the cursor still."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.tree.camera import Camera, fitted, followed
from app.tree.layout import lay_out
from core.decoding.report import TreeReport
from tests.app.tree.steps import tree, trees

WIDTH, HEIGHT = 320.0, 300.0


@given(st.integers(-20, 20), st.integers(-20, 20), st.floats(0.2, 4.0))
def test_a_place_is_found_where_it_is_drawn(column: int, row: int, zoom: float) -> None:
    camera = Camera(100, 80, 90, 24).zoomed(zoom, 33, 44)
    assert camera.to_grid(*camera.to_screen(column, row)) == (column, row)


@given(st.floats(0.2, 5.0), st.floats(-500, 500), st.floats(-500, 500))
def test_zooming_keeps_what_is_under_the_cursor(factor: float, x: float, y: float) -> None:
    before = Camera(100, 80, 90, 24)
    after = before.zoomed(factor, x, y)
    assert (x - before.x) / before.column_pitch == pytest.approx((x - after.x) / after.column_pitch)
    assert (y - before.y) / before.row_pitch == pytest.approx((y - after.y) / after.row_pitch)


@given(trees())
def test_following_always_has_the_targets_own_choice_in_sight(report: TreeReport) -> None:
    layout = lay_out(report)
    camera = followed(layout, WIDTH, HEIGHT)
    x, y = camera.to_screen(layout.exit.column, layout.exit.row)
    assert 0 <= x <= WIDTH
    assert 0 <= y <= HEIGHT


def test_following_keeps_the_root_where_it_was_between_steps_that_fit() -> None:
    first = followed(lay_out(tree((-1, 0, 0, 1, 1), accepted=(1,))), WIDTH, HEIGHT)
    second = followed(lay_out(tree((-1, 0, 1, 2, 2, 0, 0), accepted=(1, 2))), WIDTH, HEIGHT)
    assert first == second


@given(trees())
def test_fitting_has_the_whole_tree_in_sight(report: TreeReport) -> None:
    layout = lay_out(report)
    camera = fitted(layout, WIDTH, HEIGHT)
    for place in layout.places:
        x, y = camera.to_screen(place.column, place.row)
        assert 0 <= x <= WIDTH
        assert 0 <= y <= HEIGHT
