"""Names the number format of a model's weights as people say it: "bf16", "awq 4-bit"."""

from __future__ import annotations

from typing import Any

from core.models.spec import ModelSpec

BITS = ("bits", "w_bit", "weight_bits")
"""Entries of quantization_config for the bits of a weight; which one depends on the method."""

IMPLIED = {"fp8": 8, "mxfp4": 4}


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
