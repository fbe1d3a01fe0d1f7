"""What the monitor says, in units a person knows."""

from __future__ import annotations

import pytest

from app.monitor.wording import number, rate, speculation_words
from core.decoding.report import Speculation


def test_speculation_is_on_or_off_with_the_reason() -> None:
    assert speculation_words(None) == "Nothing is loaded"
    assert speculation_words(Speculation(True, "", "model")) == "Speculation is on: draft model"
    why = "the draft's vocabulary differs at token 151,646"
    assert speculation_words(Speculation(False, why, "")) == f"Speculation is off: {why}"


@pytest.mark.parametrize(
    ("bytes_per_second", "words"),
    [(None, "–"), (0.0, "0.0 GB/s"), (2.14e9, "2.1 GB/s"), (164e6, "164 MB/s"), (2.5e5, "0.25 MB/s")],
)
def test_rates_read_as_drives_are_sold(bytes_per_second: float | None, words: str) -> None:
    assert rate(bytes_per_second) == words


@pytest.mark.parametrize(("value", "words"), [(None, "–"), (3.287, "3.29"), (32.13, "32.1"), (221.4, "221")])
def test_figures_have_about_three_digits(value: float | None, words: str) -> None:
    assert number(value) == words
