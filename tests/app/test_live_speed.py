from __future__ import annotations

import pytest

from app.live_speed import LiveSpeed
from tests.app.scripted_engine import step


def test_the_first_step_counts_for_tokens_per_step_only() -> None:
    speed = LiveSpeed()
    assert (speed.tokens_per_second, speed.tokens_per_step) == (0, 0)
    speed.add(step(0))
    assert (speed.tokens_per_second, speed.tokens_per_step) == (0, 1)
    speed.add(step(1))
    speed.add(step(2))
    assert speed.tokens_per_second == pytest.approx(2 / 0.004)
    assert speed.tokens_per_step == 1
