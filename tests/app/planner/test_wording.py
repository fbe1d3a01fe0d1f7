"""Speeds and durations in words."""

from __future__ import annotations

import pytest

from app.planner.wording import figure, seconds_words, speed_range
from core.planning.plan import PassSeconds, Speed


@pytest.mark.parametrize(("value", "words"), [(221.4, "221"), (8.44, "8.4"), (0.996, "1.0"), (0.274, "0.27")])
def test_speeds_have_the_digits_that_mean_something(value: float, words: str) -> None:
    assert figure(value) == words


@pytest.mark.parametrize(
    ("seconds", "words"), [(12.106, "12.11 s"), (0.9996, "1.00 s"), (0.263, "263 ms"), (0.0043, "4.3 ms")]
)
def test_durations_carry_their_unit(seconds: float, words: str) -> None:
    assert seconds_words(seconds) == words


def test_a_prediction_is_a_range_unless_both_ends_read_the_same() -> None:
    speed = Speed(PassSeconds(1.0, 0.1, 0.1, 0.1), 5.0, "assumed", 7.0, 10.0, "drive")
    assert speed_range(speed) == "7.0 to 10.0 tok/s"
    assert speed_range(Speed(speed.seconds, 5.0, "assumed", 31.1, 31.4, "drive")) == "31 tok/s"
