"""How fast a device multiplies matrices in each number format, as it was recorded, and which format that speaks for."""

from __future__ import annotations

from collections.abc import Mapping

from core.machine.machine import Device, Figure
from core.machine.profile import recorded

DTYPES = ("bfloat16", "float16", "float32")
"""What may be computed in. The first is the best of those that are about as fast: it takes half the memory of the last
and, unlike the second, has room for every number that is stored in the others."""

_NEARLY = 0.9
"""A better format is taken if it reaches this share of the fastest one's rate."""


def rate_name(dtype: str, device: Device | None) -> str:
    """What the profile calls the rate of an accelerator, or of the processor, in a number format."""
    return f"matmul_{dtype} {device.title}" if device else f"matmul_{dtype}"


def recorded_rates(device: Device | None) -> dict[str, Figure]:
    """Operations per second by number format: those that were measured on an accelerator, or on the processor."""
    figures = {dtype: recorded(rate_name(dtype, device)) for dtype in DTYPES}
    return {dtype: figure for dtype, figure in figures.items() if figure is not None}


def best_dtype(rates: Mapping[str, Figure]) -> str:
    """The number format to compute in, of those whose rates are given."""
    enough = _NEARLY * max(figure.value for figure in rates.values())
    return next(dtype for dtype in DTYPES if dtype in rates and rates[dtype].value >= enough)
