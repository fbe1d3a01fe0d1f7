"""Names the number format of a model's weights as people say it: "bf16", "awq 4-bit"; and what it costs and brings."""

from __future__ import annotations

from enum import Enum
from typing import Any

from core.models.spec import ModelSpec

BITS = ("bits", "w_bit", "weight_bits")
"""Entries of quantization_config for the bits of a weight; which one depends on the method."""

IMPLIED = {"fp8": 8, "mxfp4": 4}


FULL = 16
"""Bits of a weight in the precision that models are trained and published in."""


class Loss(Enum):
    """What rounding costs in quality, by the bits of a weight from which on it is no more than that.

    By the table that llama.cpp's quantize program prints of Llama 3 8B: how much perplexity rises above 6.23.
    """

    NONE = 7.9
    """Q8_0: 0.04 %."""

    HARDLY = 6.0
    """Q6_K: 0.3 %."""

    VERY_SMALL = 5.0
    """Q5_K_M: 0.9 %, Q5_0: 2.1 %."""

    SMALL = 4.0
    """Q4_K_M: 2.8 %, Q4_K_S: 4.3 %, Q4_0: 7.5 %."""

    CLEAR = 3.4
    """Q3_K_S: 26 %."""

    LARGE = 0.0
    """Q2_K: 56 %."""


def loss(bits: float) -> Loss:
    """What weights of so many bits cost in quality."""
    return next(loss for loss in Loss if bits >= loss.value)


def bits_of(spec: ModelSpec) -> float:
    """Bits of a weight on average, with its scales, over all layers: embedding and head are often left unpacked."""
    experts = (expert for experts in spec.expert_groups for expert in experts)
    groups = (*spec.layers, *experts)
    return 8 * sum(group.bytes for group in groups) / sum(group.parameters for group in groups)


def precision(spec: ModelSpec) -> str:
    """The number format of most weights."""
    settings = spec.config.get("quantization_config")
    method = spec.quantisation
    if method is None and isinstance(settings, dict):
        method = str(settings.get("quant_method") or "") or None
    if method is None:
        return spec.dtype.lower()
    bits = _bits(settings if isinstance(settings, dict) else {}, method.lower())
    return f"{method.lower()} {bits}-bit" if bits and str(bits) not in method else method.lower()


def _bits(settings: dict[str, Any], method: str) -> int | None:
    if settings.get("load_in_4bit") is True:
        return 4
    if settings.get("load_in_8bit") is True:
        return 8
    stated = next((settings[key] for key in BITS if type(settings.get(key)) is int), None)
    return stated if stated is not None else IMPLIED.get(method)
