"""The last two minutes: steps are spread over the seconds they took, and nothing is lost or counted twice."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.monitor.timeline import SPAN, Timeline
from core.decoding.report import StepReport, StepSeconds
from tests.app.tree.steps import small_step


def lasting(seconds: float, number: int = 1, streamed: int = 0) -> StepReport:
    spent = StepSeconds(draft=seconds / 2, stream_wait=seconds / 4, compute=seconds / 8, sample=seconds / 8)
    return replace(small_step(number), seconds=spent, bytes_streamed=streamed)


@given(st.lists(st.tuples(st.floats(0.001, 9.0), st.floats(0.0, 2.0)), max_size=8), st.floats(1000, 1001))
def test_what_steps_brought_adds_up_over_the_seconds(drawn: list[tuple[float, float]], now: float) -> None:
    timeline = Timeline()
    timeline.advance(now)
    for _ in range(10):
        now += 1.0
        timeline.advance(now)
    for lasted, pause in drawn:
        now += lasted
        timeline.add_step(lasting(lasted, streamed=100), now)
        now += pause
    assert sum(second.steps for second in timeline.seconds) == pytest.approx(len(drawn))
    assert sum(second.tokens for second in timeline.seconds) == pytest.approx(3 * len(drawn))
    assert sum(second.streamed for second in timeline.seconds) == pytest.approx(100 * len(drawn))
    assert all(second.busy <= 1.0 + 1e-6 for second in timeline.seconds)


def test_a_long_step_is_as_fast_in_every_second_it_took() -> None:
    timeline = Timeline()
    timeline.advance(100.0)
    timeline.add_step(lasting(4.0), 106.5)
    rates = [second.tokens_per_second for second in timeline.seconds]
    assert rates[:2] == [None, None]
    assert rates[2:] == pytest.approx([0.75] * 5)
    assert timeline.seconds[-2].step_seconds == pytest.approx((2.0, 1.0, 0.5, 0.5))


def test_the_first_step_reads_the_prompt_and_counts_for_bytes_only() -> None:
    timeline = Timeline()
    timeline.add_step(lasting(0.5, number=0, streamed=7), 50.9)
    assert timeline.seconds[-1].tokens_per_second is None
    assert timeline.seconds[-1].tokens_per_step is None
    assert timeline.seconds[-1].streamed == pytest.approx(7)


def test_seconds_go_by_and_the_oldest_are_forgotten() -> None:
    timeline = Timeline()
    timeline.add_step(lasting(0.5), 10.9)
    timeline.advance(12.0)
    assert [second.steps for second in timeline.seconds] == [1.0, 0.0, 0.0]
    timeline.advance(1e6)
    assert len(timeline.seconds) == SPAN
    assert sum(second.steps for second in timeline.seconds) == 0.0
