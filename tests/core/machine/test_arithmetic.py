"""Which number format measured rates speak for."""

from __future__ import annotations

import pytest

from core.machine.arithmetic import best_dtype, rate_name, recorded_rates
from core.machine.machine import Device, Figure, Source
from core.machine.profile import record


@pytest.mark.parametrize(
    ("rates", "best"),
    [
        ({"bfloat16": 350, "float32": 70}, "bfloat16"),
        ({"bfloat16": 66, "float32": 70}, "bfloat16"),
        ({"bfloat16": 10, "float32": 70}, "float32"),
        ({"bfloat16": 98, "float16": 100, "float32": 50}, "bfloat16"),
        ({"bfloat16": 20, "float16": 100, "float32": 50}, "float16"),
        ({"bfloat16": 1, "float16": 2, "float32": 50}, "float32"),
    ],
)
def test_the_smaller_format_is_best_unless_it_is_slower(rates: dict[str, float], best: str) -> None:
    assert best_dtype({dtype: Figure(rate, Source.MEASURED, "") for dtype, rate in rates.items()}) == best


def test_rates_are_kept_for_each_kind_of_card_and_for_the_processor() -> None:
    first, second = (Device(f"cuda:{index}", "A card", 8 << 30, 8 << 30) for index in range(2))
    other = Device("cuda:0", "Another card", 8 << 30, 8 << 30)
    figure = Figure(1e12, Source.MEASURED, "")
    record(rate_name("float16", first), figure)
    assert recorded_rates(second) == {"float16": figure}
    assert recorded_rates(other) == recorded_rates(None) == {}
