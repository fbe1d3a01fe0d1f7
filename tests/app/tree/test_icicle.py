"""Strips fill the height by probability, without overlap, and are found again by where they lie."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given

from app.tree.icicle import partition
from core.decoding.report import TreeReport
from tests.app.tree.steps import small_step, tree, trees


@given(trees())
def test_children_lie_within_their_parent_and_do_not_overlap(report: TreeReport) -> None:
    icicle = partition(report)
    for column in icicle.order:
        for above, below in pairwise(column):
            assert icicle.tops[above] + icicle.heights[above] <= icicle.tops[below] + 1e-9
    for node, parent in enumerate(report.parents[1:], start=1):
        assert icicle.tops[node] >= icicle.tops[parent] - 1e-9
        assert icicle.tops[node] + icicle.heights[node] <= icicle.tops[parent] + icicle.heights[parent] + 1e-9
        assert icicle.columns[node] == icicle.columns[parent] + 1


@given(trees())
def test_the_middle_of_a_strip_finds_its_node(report: TreeReport) -> None:
    icicle = partition(report)
    for node in range(len(report.parents)):
        if icicle.heights[node] > 1e-6:
            assert icicle.node_at(icicle.columns[node], icicle.tops[node] + icicle.heights[node] / 2) == node


def test_a_strip_is_as_tall_as_its_path_is_probable() -> None:
    icicle = partition(small_step().tree)
    assert icicle.heights[3] == pytest.approx(0.8 * 0.6)


def test_siblings_that_sum_to_more_than_one_are_scaled_into_their_parent() -> None:
    icicle = partition(tree((-1, 0, 0), (1.0, 0.9, 0.9)))
    assert icicle.heights[1:] == pytest.approx((0.5, 0.5))


def test_nothing_is_found_beside_the_strips() -> None:
    icicle = partition(small_step().tree)
    assert icicle.node_at(1, 0.99) is None
    assert icicle.node_at(9, 0.1) is None
    assert icicle.node_at(-1, 0.1) is None
