"""Sizes as people write and read them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import BadRequest
from core.sizes import format_size, parse_size


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("1.5GiB", 1_610_612_736),
        ("800MiB", 838_860_800),
        ("8GB", 8_000_000_000),
        (" 2 gib ", 2**31),
        ("0MiB", 0),
        ("512 B", 512),
    ],
)
def test_a_size_is_a_number_with_a_unit(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize(
    "text", ["", "8", "GiB", "-1GiB", "1.GiB", "1e3MiB", "8 apples", "8G", "1,5GiB", "٣GiB", "nanGiB"]
)
def test_anything_else_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(BadRequest, match=r"is not a size\. .* 1\.5GiB"):
        parse_size(text)


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0.0 MiB"),
        (838_860_800, "800.0 MiB"),
        (2**30 - 1, "1.0 GiB"),
        (2**30, "1.0 GiB"),
        (1_610_612_736, "1.5 GiB"),
        (64 << 30, "64.0 GiB"),
    ],
)
def test_gibibytes_are_shown_from_one_up(size: int, text: str) -> None:
    assert format_size(size) == text


@given(st.integers(0, 1 << 50))
def test_what_is_shown_can_be_read_again_to_the_precision_shown(size: int) -> None:
    shown = format_size(size)
    unit = 2**30 if shown.endswith("GiB") else 2**20
    assert abs(parse_size(shown) - size) <= 0.05 * unit + 1
