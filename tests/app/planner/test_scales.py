"""The sliders' scales: every size of model gets a usable range, and what is shown can be typed back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.planner.scales import (
    BUDGET_STOPS,
    TICKS,
    LimitScale,
    budget_words,
    context_stops,
    context_words,
    limit_words,
    read_budget,
    read_context,
    read_limit,
)
from core.errors import BadRequest

MIB, GIB = 1 << 20, 1 << 30


@pytest.mark.parametrize(
    ("minimum", "resident"),
    [(540 * MIB, 557 * MIB), (6 * GIB, 140 * GIB), (700 * MIB, 700 * MIB)],
    ids=["17 MiB in a process of 520 MiB", "140 GB", "nothing to stream"],
)
def test_a_scale_runs_from_just_below_what_runs_to_just_above_what_holds_all(minimum: int, resident: int) -> None:
    scale = LimitScale.between(minimum, resident, 256 * GIB)
    assert scale.low < minimum <= resident < scale.high
    assert minimum - scale.low < 0.1 * (resident - minimum) + 2 * MIB
    assert scale.limit_at(TICKS) is None
    lowest, highest = scale.limit_at(0), scale.limit_at(TICKS - 1)
    assert lowest is not None
    assert highest is not None
    assert lowest < minimum
    assert highest > resident


@pytest.mark.parametrize(("minimum", "resident"), [(6 * GIB, 140 * GIB), (40 * GIB, 140 * GIB)])
def test_a_scale_ends_at_what_the_machine_has(minimum: int, resident: int) -> None:
    scale = LimitScale.between(minimum, resident, 24 * GIB)
    assert scale.high == 24 * GIB
    assert scale.low < scale.high


@given(st.integers(400 * MIB, 8 * GIB), st.integers(0, 200 * GIB), st.integers(0, TICKS))
def test_the_field_shows_exactly_the_limit_that_the_slider_stands_for(base: int, more: int, tick: int) -> None:
    limit = LimitScale.between(base, base + more, 512 * GIB).limit_at(tick)
    typed_back = read_limit(limit_words(limit))
    if limit is None:
        assert typed_back is None
    else:
        assert typed_back is not None
        assert abs(typed_back - limit) <= 0.05 * MIB or (limit >= 10 * GIB and abs(typed_back - limit) <= 0.05 * GIB)


@given(st.integers(400 * MIB, 8 * GIB), st.integers(MIB, 100 * GIB), st.integers(0, TICKS))
def test_a_limit_brings_the_slider_back_to_where_it_was(base: int, more: int, tick: int) -> None:
    scale = LimitScale.between(base, base + more, 512 * GIB)
    slack = 1 + scale.step * TICKS / (scale.high - scale.low)
    assert abs(scale.tick_of(scale.limit_at(tick)) - tick) <= slack


def test_context_stops_grow_by_half_up_to_the_models_limit() -> None:
    assert context_stops(4096) == (512, 768, 1024, 1536, 2048, 3072, 4096)
    assert context_stops(5000)[-2:] == (4096, 5000)
    assert context_stops(300) == (300,)


@pytest.mark.parametrize("context", [512, 768, 1024, 1536, 6000, 131_072])
def test_contexts_are_read_as_they_are_shown(context: int) -> None:
    assert read_context(context_words(context)) == context


@pytest.mark.parametrize("budget", BUDGET_STOPS)
def test_budgets_are_read_as_they_are_shown(budget: int | None) -> None:
    assert read_budget(budget_words(budget)) == budget


@pytest.mark.parametrize("text", ["0", "513", "many", "-3", "nan", "inf"])
def test_a_budget_that_cannot_be_is_refused(text: str) -> None:
    with pytest.raises(BadRequest):
        read_budget(text)


@pytest.mark.parametrize("text", ["12", "GiB", "much"])
def test_a_limit_without_a_unit_is_refused(text: str) -> None:
    with pytest.raises(BadRequest):
        read_limit(text)
