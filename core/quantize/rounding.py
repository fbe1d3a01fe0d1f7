"""Rounds weights to whole numbers of 4 or 8 bits with a scale for each group, by their own values alone."""

from __future__ import annotations

import torch
from torch import Tensor

SHRINK = {4: (0.9, 0.8), 8: ()}
"""To what parts of a group's range its numbers are narrowed in trial, besides the whole: outliers are clipped, all
others get finer steps. More trials, and half-quadratic rounds, gain less than they take; 8 bits need none
(docs/benchmarks/2026-11-21-quantize.md)."""

_SMALLEST, _LARGEST = 1e-30, 1e30
"""Between these float32 has room for squares and sums; trained weights lie far within."""


def round_weights(weights: Tensor, bits: int, group: int, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    """Whole numbers whose products with the scales are near the weights.

    Of some ranges that a group's numbers may span, each with the scale that fits the numbers best in the sense of least
    squares, the one with the least error is taken. Error and scale follow from two sums, so that a trial is cheap.

    Args:
        weights: [rows, columns] in float32.
        group: Consecutive columns that share a scale; a divisor of their number.
        dtype: What scales are stored in.

    Returns:
        Numbers from -2**(bits - 1) to 2**(bits - 1) - 1, [rows, columns] in int8; and scales, [rows, groups].

    Raises:
        ValueError: A weight is no number, or none that a model can have.
    """
    rows, columns = weights.shape
    grouped = weights.view(-1, group)
    largest = grouped.abs().amax(-1, keepdim=True)
    if not (largest < _LARGEST).all():
        raise ValueError("a weight is infinite or no number")
    scales = _fitted_scales(grouped, largest, bits) if SHRINK[bits] else largest / (2 ** (bits - 1) - 1)
    # Numbers are chosen for the scale as it is stored, which must not become 0.
    limits = torch.finfo(dtype)
    stored = scales.clamp_(min=max(_SMALLEST, limits.tiny * limits.eps)).to(dtype)
    numbers = _numbers(grouped, stored.float().reciprocal(), bits, torch.empty_like(grouped))
    return numbers.to(torch.int8).view(rows, columns), stored.view(rows, columns // group)


def pack_words(numbers: Tensor, bits: int) -> Tensor:
    """Numbers of `round_weights` in words of 32 bits, the first in the lowest; rows are filled up to whole words.

    [rows, columns] int8, which are overwritten -> [rows, words] int32.
    """
    rows, columns = numbers.shape
    # Adding 2**(bits - 1) makes them 0 or more; of 8 bits it is the uppermost that turns.
    raised = numbers.add_(8) if bits == 4 else numbers.bitwise_xor_(-128)
    every = 32 // bits
    if columns % every:
        raised = torch.nn.functional.pad(raised, (0, every - columns % every))
    if bits == 4:
        pairs = raised.view(torch.int16)
        raised = (pairs | (pairs >> 4)).to(torch.uint8)
    return raised.view(torch.int32).view(rows, -1)


def _fitted_scales(grouped: Tensor, largest: Tensor, bits: int) -> Tensor:
    """[groups, group] and [groups, 1] -> [groups, 1]."""
    most = 2 ** (bits - 1) - 1
    inverse = most / largest.clamp(min=_SMALLEST)
    best_gain, best = torch.zeros_like(largest), torch.zeros_like(largest)
    numbers, products = torch.empty_like(grouped), torch.empty_like(grouped)
    for shrink in (1.0, *SHRINK[bits]):
        _numbers(grouped, inverse / shrink, bits, numbers)
        along = torch.mul(grouped, numbers, out=products).sum(-1, keepdim=True)
        square = torch.mul(numbers, numbers, out=products).sum(-1, keepdim=True).clamp_(min=1)
        # The error with the best scale, along / square, is the sum of the squared weights less this.
        scale = along / square
        gain = along.mul_(scale)
        better = gain > best_gain
        best_gain = torch.where(better, gain, best_gain)
        best = torch.where(better, scale, best)
    return best


def _numbers(grouped: Tensor, inverse: Tensor, bits: int, out: Tensor) -> Tensor:
    half = 2 ** (bits - 1)
    return torch.mul(grouped, inverse, out=out).round_().clamp_(-half, half - 1)
