"""Rounded weights are near what they stand for, and are packed as the format's own library unpacks them."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from core.quantize.rounding import pack_words, round_weights

DTYPES = (torch.float32, torch.bfloat16, torch.float16)


@st.composite
def matrices(draw: st.DrawFn) -> tuple[Tensor, int]:
    """A matrix of weights of any size, and a group that divides its columns."""
    group, groups, rows = draw(st.integers(1, 40)), draw(st.integers(1, 4)), draw(st.integers(1, 5))
    torch.manual_seed(draw(st.integers(0, 1000)))
    size = 10.0 ** draw(st.integers(-6, 3))
    weights = torch.randn(rows, group * groups) * size
    if draw(st.booleans()):
        weights[draw(st.integers(0, rows - 1))] = 0.0
    return weights, group


def restored(numbers: Tensor, scales: Tensor) -> Tensor:
    grouped = numbers.float().view(*scales.shape, -1)
    return (grouped * scales.float()[..., None]).view(numbers.shape)


@given(matrices(), st.sampled_from((4, 8)), st.sampled_from(DTYPES))
def test_each_weight_is_rounded_to_the_nearest_that_its_scale_has(
    made: tuple[Tensor, int], bits: int, dtype: torch.dtype
) -> None:
    weights, group = made
    numbers, scales = round_weights(weights, bits, group, dtype)
    assert scales.dtype is dtype
    assert (scales > 0).all()
    half = 2 ** (bits - 1)
    assert -half <= numbers.int().min() <= numbers.int().max() < half
    steps = scales.float().repeat_interleave(group, 1)
    clipped = (numbers.int() == -half) | (numbers.int() == half - 1)
    error = (weights - restored(numbers, scales)).abs()
    assert (error[~clipped] <= 0.5001 * steps[~clipped]).all()
    assert (error <= 0.35 * weights.abs().amax() + steps).all()


@given(st.integers(1, 5), st.integers(1, 100), st.sampled_from((4, 8)), st.integers(0, 1000))
def test_words_are_unpacked_to_the_same_numbers_elsewhere(rows: int, columns: int, bits: int, seed: int) -> None:
    helpers = pytest.importorskip("compressed_tensors.compressors.pack_quantized.helpers")
    torch.manual_seed(seed)
    half = 2 ** (bits - 1)
    numbers = torch.randint(-half, half, (rows, columns), dtype=torch.int8)
    words = pack_words(numbers.clone(), bits)
    assert words.shape == (rows, -(-columns * bits // 32))
    unpacked = helpers.unpack_from_int32(words, bits, torch.Size((rows, columns)))
    assert torch.equal(unpacked.to(torch.int8), numbers)


def test_trials_lower_the_error() -> None:
    torch.manual_seed(0)
    weights = torch.randn(64, 256)
    largest = weights.view(-1, 64).abs().amax(-1, keepdim=True) / 7
    plain = (weights.view(-1, 64) / largest).round() * largest
    numbers, scales = round_weights(weights, 4, 64, torch.float32)
    assert (weights - restored(numbers, scales)).square().sum() < 0.9 * (weights - plain.view(64, 256)).square().sum()


def test_what_numbers_stand_for_exactly_is_kept() -> None:
    weights = torch.arange(-7, 8).repeat(2).float()[None] * 0.125
    for bits in (4, 8):
        numbers, scales = round_weights(weights, bits, 30, torch.float32)
        assert torch.allclose(restored(numbers, scales), weights, atol=0.004)


@pytest.mark.parametrize("weight", [float("nan"), float("inf"), -float("inf"), 1e35])
def test_a_weight_that_no_model_has_is_refused(weight: float) -> None:
    weights = torch.randn(2, 64)
    weights[1, 3] = weight
    with pytest.raises(ValueError, match="infinite or no number"):
        round_weights(weights, 4, 32, torch.bfloat16)
