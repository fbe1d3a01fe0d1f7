"""The monitor's numbers: per step, per second, and what they leave out."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.monitor.history import MonitorHistory
from core.decoding.report import FinishReason, ReplySummary, Speculation, StepSeconds
from tests.app.tree.steps import small_step


def test_tokens_per_step_are_committed_tokens_by_steps() -> None:
    history = MonitorHistory()
    for number in range(4):
        history.add(replace(small_step(number), committed=(1,) * (number + 1)))
    assert history.tokens_per_step == pytest.approx((1 + 2 + 3 + 4) / 4)


def test_the_first_step_reads_the_prompt_and_counts_for_no_speed() -> None:
    history = MonitorHistory()
    slow = replace(small_step(0), seconds=StepSeconds(1.0, 1.0, 7.0, 1.0))
    history.add(slow)
    assert history.tokens_per_second is None
    history.add(replace(small_step(1), seconds=StepSeconds(0.1, 0.1, 0.2, 0.1)))
    assert history.tokens_per_second == pytest.approx(3 / 0.5)


def test_speed_is_taken_over_the_last_eight_steps() -> None:
    history = MonitorHistory()
    history.add(small_step(0))
    for number in range(1, 6):
        history.add(replace(small_step(number), seconds=StepSeconds(0, 0, 100.0, 0)))
    for number in range(6, 14):
        history.add(replace(small_step(number), seconds=StepSeconds(0, 0, 1.0, 0)))
    assert history.tokens_per_second == pytest.approx(3.0)


def test_a_finished_reply_has_the_last_word() -> None:
    history = MonitorHistory()
    history.add(small_step(0))
    speculation = Speculation(True, "", "model")
    history.finish(ReplySummary("", (), FinishReason.END, 3, 1, 5.5, 44.0, 0.1, 1.0, 1, 0, speculation, 0))
    assert (history.tokens_per_step, history.tokens_per_second) == (5.5, 44.0)
    history.add(small_step(0))
    assert history.tokens_per_step == 3.0
    assert history.tokens_per_second is None


def test_the_split_is_the_mean_of_each_cause() -> None:
    history = MonitorHistory()
    history.add(replace(small_step(0), seconds=StepSeconds(0.1, 0.2, 0.3, 0.4)))
    history.add(replace(small_step(1), seconds=StepSeconds(0.3, 0.2, 0.1, 0.0)))
    assert history.split == pytest.approx((0.2, 0.2, 0.2, 0.2))


def test_streaming_is_bytes_by_the_seconds_of_whole_steps() -> None:
    history = MonitorHistory()
    assert history.streamed_per_second is None
    history.add(replace(small_step(0), seconds=StepSeconds(0.0, 0.5, 0.5, 0.0), bytes_streamed=300))
    assert history.streamed_per_second == 300.0
