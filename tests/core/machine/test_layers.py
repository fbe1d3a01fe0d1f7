"""What layers take is kept, and layers of other sizes are told from those that were measured."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.locations import user_data
from core.machine.layers import LayerCosts, record_layer, recorded_layers, shape_name
from core.machine.machine import LayerCost, Source
from core.machine.profile import FILE_NAME


def cost(shape: str, parameters: int, *seconds: float, dtype: str = "bfloat16") -> LayerCost:
    rows = tuple(4**index for index in range(len(seconds)))
    return LayerCost(shape, "", dtype, parameters, rows, seconds, Source.MEASURED, "made up", "2026-11-21")


SMALL, LARGE = cost("small", 1_000_000, 0.001, 0.002), cost("large", 11_000_000, 0.002, 0.007)


def costs() -> LayerCosts:
    found = LayerCosts.of((LARGE, SMALL), "", "bfloat16")
    assert found is not None
    return found


def test_a_shape_that_was_measured_answers_for_itself() -> None:
    assert costs().seconds("large", 11_000_000, 4) == 0.007
    assert costs().measured("large")
    assert not costs().measured("medium")


def test_between_two_sizes_seconds_lie_on_a_line() -> None:
    assert costs().seconds("medium", 6_000_000, 1) == pytest.approx(0.0015)
    assert costs().seconds("medium", 6_000_000, 4) == pytest.approx(0.0045)


def test_beyond_the_largest_seconds_grow_with_the_parameters() -> None:
    assert costs().seconds("huge", 110_000_000, 4) == pytest.approx(0.07)


def test_rows_lie_between_those_measured_and_beyond_them_in_proportion() -> None:
    assert LARGE.at(2) == pytest.approx(0.002 + 0.005 / 3)
    assert LARGE.at(8) == pytest.approx(0.014)


@given(st.integers(1, 1 << 33), st.integers(1, 4096))
def test_seconds_are_always_above_zero(parameters: int, rows: int) -> None:
    assert costs().seconds("any", parameters, rows) > 0


def test_one_size_or_another_number_format_tells_nothing() -> None:
    assert LayerCosts.of((SMALL,), "", "bfloat16") is None
    assert LayerCosts.of((SMALL, LARGE), "", "float32") is None
    assert LayerCosts.of((SMALL, LARGE), "a card", "bfloat16") is None


def test_what_was_measured_is_kept() -> None:
    record_layer(SMALL)
    record_layer(LARGE)
    record_layer(SMALL)
    assert set(recorded_layers()) == {SMALL, LARGE}


@pytest.mark.parametrize(
    "damage",
    [{"seconds": [0.001]}, {"seconds": [0.001, -1]}, {"rows": [4, 1]}, {"parameters": "many"}, {"seconds": None}],
)
def test_a_damaged_entry_is_as_if_it_had_not_been_measured(damage: dict[str, object]) -> None:
    record_layer(SMALL)
    file = user_data() / FILE_NAME
    content = json.loads(file.read_text("utf-8"))
    (entry,) = content["figures"].values()
    entry |= damage
    file.write_text(json.dumps(content), "utf-8")
    assert recorded_layers() == ()


def test_a_shape_has_a_name() -> None:
    assert shape_name(2048, 5632, 32, 8, 64) == "2048x5632, 32 heads of 64, 8 of keys"
