"""The curve over the budget shows its best point and the plan's, in words too."""

from __future__ import annotations

from itertools import pairwise

import pytest
from pytestqt.qtbot import QtBot

from app.planner.curve import BudgetCurve

RATES = {8: 2.0, 16: 3.0, 32: 4.5, 64: 4.0}


@pytest.fixture
def curve(qtbot: QtBot) -> BudgetCurve:
    widget = BudgetCurve()
    qtbot.addWidget(widget)
    widget.resize(320, widget.height())
    widget.show_rates(RATES, 64)
    return widget


def test_the_best_point_is_the_fastest(curve: BudgetCurve) -> None:
    assert curve.best == 32
    assert not curve.isHidden()
    assert not curve.grab().isNull()


def test_faster_is_higher_and_twice_the_nodes_one_step_to_the_right(curve: BudgetCurve) -> None:
    points = list(curve._points().values())
    assert points[2].y() < points[3].y() < points[1].y() < points[0].y()
    steps = [right.x() - left.x() for left, right in pairwise(points)]
    assert steps == pytest.approx([steps[0]] * 3)


def test_all_is_said_in_words(curve: BudgetCurve) -> None:
    assert curve.accessibleDescription().startswith("8 nodes: 2.0 tokens per second; 16 nodes")


def test_one_budget_is_no_curve(curve: BudgetCurve) -> None:
    curve.show_rates({1: 3.0}, 1)
    assert curve.isHidden()
