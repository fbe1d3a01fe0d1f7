"""What earlier runs say corrects a prediction, and nothing else moves it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.planning.experience import BELIEF, LASTING, NOTHING, PACES, RECENT, Experience, Outcome, Run, Shape
from core.planning.history import History, basis_of, expected_of
from core.planning.knowledge import Knowledge, Published
from core.planning.plan import Plan, Request, Tier
from core.planning.planner import make_plan
from tests.core.planning.samples import draft, machine, model

HERE = machine(64 << 30)
REQUEST = Request(model(), draft(), budget=64)


def run(basis: Outcome, actual: Outcome, steps: int = 40, shape: Shape | None = None) -> Run:
    return Run("2026-11-21T12:00:00", shape or Shape("cpu", "bfloat16", 64, 0), basis, basis, actual, steps)


def plan(experience: Experience = NOTHING) -> Plan:
    return make_plan(REQUEST, HERE, Knowledge(experience))


def slower(factor: float, tokens: float, steps: int = 40) -> Experience:
    """A run of the plan that took `factor` times the seconds."""
    first = plan()
    basis = basis_of(first)
    assert first.speed is not None
    assert first.speed.shape is not None
    actual = Outcome(basis.step_seconds * factor, tokens, tokens / basis.step_seconds / factor)
    return Experience((run(basis, actual, steps, first.speed.shape),))


def test_a_run_that_took_twice_as_long_makes_the_next_prediction_half_as_fast() -> None:
    before, after = plan().speed, plan(slower(2.0, basis_of(plan()).tokens_per_step)).speed
    assert before is not None
    assert after is not None
    assert after.seconds == before.seconds
    assert after.pace == pytest.approx(2.0)
    assert after.tokens_per_second == pytest.approx(before.tokens_per_second / 2)
    assert (after.low + after.high) / 2 == pytest.approx(after.tokens_per_second)
    assert "this pair here" in after.tokens_per_step_source


def test_learning_is_steady_when_the_next_run_is_as_the_last() -> None:
    """The correction rests on what would be said without it, so that it is not applied twice."""
    once = plan(slower(2.0, 3.0))
    assert once.speed is not None
    assert once.speed.shape is not None
    again = run(basis_of(once), Outcome(once.speed.step_seconds, 3.0, 1.0), 40, once.speed.shape)
    twice = plan(Experience((again, *slower(2.0, 3.0).runs))).speed
    assert twice is not None
    assert twice.pace == pytest.approx(once.speed.pace)


def test_where_the_machine_was_measured_a_short_reply_corrects_little() -> None:
    shape = Shape("cpu", "bfloat16", 64, 0)
    assert slower(2.0, 4.0, steps=10).pace(shape) == pytest.approx(2.0)
    assert slower(2.0, 4.0, steps=10).pace(shape, belief=20) == pytest.approx((10 * 2.0 + 20) / 30)
    assert slower(2.0, 4.0, steps=1000).pace(shape, belief=20) == pytest.approx(2.0, rel=0.02)
    assert NOTHING.pace(shape, belief=20) == 1.0


def test_a_long_reply_says_more_of_the_next_than_a_short_one() -> None:
    default = basis_of(plan()).tokens_per_step
    short, long = (plan(slower(1.0, 8.0, steps)).speed for steps in (2, 4000))
    assert short is not None
    assert long is not None
    assert default < short.tokens_per_step < long.tokens_per_step < 8.0
    assert long.tokens_per_step == pytest.approx(8.0, abs=0.1)
    gain = (2 * 7.0 + BELIEF * (default - 1)) / (2 + BELIEF)
    assert short.tokens_per_step == pytest.approx(1 + gain)


def test_texts_are_remembered_longer_than_how_fast_the_computer_was() -> None:
    shape = Shape("cpu", "bfloat16", 64, 0)
    basis = Outcome(1.0, 3.0)
    newer = [run(basis, Outcome(1.0, 3.0), 10, shape)] * RECENT
    older = [run(basis, Outcome(9.0, 5.0), 10, shape)] * (LASTING - RECENT)
    forgotten = [run(basis, Outcome(9.0, 50.0), 10, shape)] * 5
    experience = Experience((*newer, *older, *forgotten))
    assert experience.pace(shape) == 1.0
    gained, expected = 10 * (RECENT * 2.0 + (LASTING - RECENT) * 4.0), 10 * LASTING * 2.0
    assert experience.skill(shape) == pytest.approx((gained + BELIEF * 2.0) / (expected + BELIEF * 2.0))


@given(st.floats(1e-9, 1e9))
def test_a_disturbed_run_moves_a_prediction_only_so_far(factor: float) -> None:
    pace = slower(factor, 4.0).pace(Shape("cpu", "bfloat16", 64, 0))
    assert PACES[0] <= pace <= PACES[1]


def test_memory_beyond_what_was_expected_is_planned_for() -> None:
    expected = expected_of(plan())
    beyond = Outcome(0.1, 4.0, 40.0, ram_bytes=expected.ram_bytes + (100 << 20))
    runs = Experience((Run("", Shape("cpu", "bfloat16", 64, 0), expected, expected, beyond, 40),))
    assert runs.surplus(lambda outcome: outcome.ram_bytes) == 100 << 20
    assert _ram(plan(runs)) == _ram(plan()) + (100 << 20)


def test_a_short_reply_that_used_less_memory_makes_no_plan_smaller() -> None:
    expected = expected_of(plan())
    less = Outcome(0.1, 4.0, 40.0, ram_bytes=expected.ram_bytes - (100 << 20))
    runs = Experience((Run("", Shape("cpu", "bfloat16", 64, 0), expected, expected, less, 40),))
    assert runs.surplus(lambda outcome: outcome.ram_bytes) == 0
    assert _ram(plan(runs)) == _ram(plan())


def test_what_others_published_counts_until_the_pair_has_run_here() -> None:
    published = Published(64, 9.0, "a paper")
    told = make_plan(REQUEST, HERE, Knowledge(published=published)).speed
    assert told is not None
    assert told.tokens_per_step == pytest.approx(9.0)
    assert told.tokens_per_step_source == "a paper"
    known = make_plan(REQUEST, HERE, Knowledge(slower(1.0, 3.0), published)).speed
    assert known is not None
    assert "this pair here" in known.tokens_per_step_source


def test_runs_are_kept_by_pair_and_computer(tmp_path: Path) -> None:
    history, here = History(tmp_path / "runs.sqlite3"), plan()
    actual = Outcome(0.2, 4.0, 20.0, 0.5, 1 << 30, 0)
    for _ in range(3):
        assert history.add(here, HERE, actual, steps=10) is not None
    history.add(here, HERE, Outcome(ram_bytes=1 << 30))
    again = History(tmp_path / "runs.sqlite3")
    found = again.of(REQUEST.model, REQUEST.draft, HERE)
    assert [kept.actual for kept in found.runs] == [actual] * 3
    assert found.errors() == pytest.approx([expected_of(here).tokens_per_second / 20.0 - 1] * 3)
    assert len(again.loads(here, HERE)) == 1
    assert again.of(REQUEST.model, None, HERE) == Experience()
    assert again.of(REQUEST.model, REQUEST.draft, machine(vram=8 << 30)) == Experience()


@pytest.mark.parametrize("content", [b"no database", b""])
def test_a_damaged_file_costs_no_more_than_what_was_in_it(
    tmp_path: Path, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "runs.sqlite3"
    file.write_bytes(content)
    history = History(file)
    assert history.of(REQUEST.model, REQUEST.draft, HERE) == Experience()
    added = history.add(plan(), HERE, Outcome(1.0, 1.0, 1.0), 5)
    assert (added is None) == bool(content)
    assert bool(caplog.records) == bool(content)


def _ram(planned: Plan) -> int:
    return next(use.ours for use in planned.use if use.tier is Tier.RAM)
