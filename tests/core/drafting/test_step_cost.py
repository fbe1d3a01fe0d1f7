"""What a step costs is told from where its seconds went, in steps that are made up."""

from __future__ import annotations

import pytest

from core.drafting.step_cost import StepCost, StepSpan


def step(nodes: int, drafting: float = 0.0, hidden: float = 0.0, stream: float = 1.0, rest: float = 0.0) -> StepSpan:
    """A step whose arithmetic takes 0.1 s and 1 ms a node, and whose weights take `stream`."""
    arithmetic = 0.1 + 0.001 * nodes
    verifying = max(stream - hidden, arithmetic)
    return StepSpan(drafting, hidden, verifying, verifying - arithmetic, drafting + verifying + rest)


def test_nodes_are_free_until_arithmetic_takes_as_long_as_the_weights() -> None:
    cost = StepCost()
    for nodes in (32, 64, 128, 64):
        cost.saw(nodes, nodes, step(nodes, stream=0.4), 0.0)
    assert cost.stream == pytest.approx(0.4)
    assert cost.free_nodes == pytest.approx(300, rel=0.02)
    assert cost.at(10) == cost.at(250) == pytest.approx(0.4)
    assert cost.at(600) == pytest.approx(0.7, rel=0.02)


def test_where_nothing_is_waited_for_nothing_is_free() -> None:
    cost = StepCost()
    for nodes in (32, 64, 128):
        cost.saw(nodes, nodes, step(nodes, 0.05, 0.05, stream=0.0), 0.04)
    assert cost.stream == cost.free_nodes == cost.free_drafting == 0.0
    assert cost.shows == 1.0


def test_drafting_shows_as_far_as_no_weights_were_read_meanwhile() -> None:
    for hidden, shown in ((0.05, 0.0), (0.02, 0.03), (0.0, 0.05)):
        cost = StepCost()
        for _ in range(3):
            cost.saw(64, 64, step(64, 0.05, hidden), 0.04)
        assert cost.drafting(64) == pytest.approx(shown)
        assert cost.shows == pytest.approx(shown / 0.05)


def test_more_drafting_is_hidden_only_while_the_target_still_waits() -> None:
    """All of it was hidden so far, but arithmetic leaves 0.036 s of the time in which weights arrive."""
    cost = StepCost()
    for _ in range(3):
        cost.saw(64, 64, step(64, 0.03, 0.03, stream=0.2), 0.03)
    assert cost.free_drafting == pytest.approx(0.036)


def test_what_comes_on_top_of_the_pass_is_paid_even_while_weights_arrive() -> None:
    cost = StepCost()
    for nodes in (32, 64, 128, 64):
        cost.saw(nodes, nodes, step(nodes, rest=0.002 * nodes), 0.0)
    assert cost.at(100) == pytest.approx(1.2, rel=0.02)


def test_the_first_step_counts_only_until_there_is_another() -> None:
    cost = StepCost()
    cost.saw(64, 64, step(64, 1.0, rest=5.0), 0.0)
    assert cost.at(64) > 5.0
    cost.saw(64, 64, step(64, 0.1, rest=0.01), 0.0)
    assert cost.at(64) < 1.2
    assert cost.drafting(64) < 0.2
