"""compressed-tensors: whole numbers of 4 or 8 bits in words of 32 or as bytes, and floats of 8 bits, with scales."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from core.models.formats.format import SCALES, Stored, by, stem, unsupported
from core.models.formats.scaled import scaled
from core.models.formats.words import WORD
from core.models.spec import PackedWeight, Packing

_KINDS = {
    "pack-quantized": "int",
    "int-quantized": "int",
    "float-quantized": "float",
    "naive-quantized": None,
    "mixed-precision": None,
}
"""Formats, and the only kind of numbers that each is for."""


@dataclass(frozen=True, slots=True)
class RowWords(Packing):
    """Words of consecutive inputs, output by output; 2**(bits - 1) is added to what they hold.

    Parts: weight_packed [outputs, inputs * bits / 32], weight_scale [outputs or 1, groups]; with zero points
    weight_zero_point [outputs * bits / 32, groups], if groups are of sorted inputs weight_g_idx [inputs].
    """

    bits: int


@dataclass(frozen=True, slots=True)
class SymmetricRowWords(RowWords):
    """Those without zero points and sorting, of which rows can be cut out."""

    by_row: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class CompressedTensors:
    """As LLM Compressor writes.

    Attributes:
        name: For a person.
    """

    name: str

    @classmethod
    def of(cls, config: dict[str, Any]) -> CompressedTensors:
        """Args: config: `quantization_config`. Raises UnusableModel."""
        if config.get("sparsity_config") and config["sparsity_config"].get("format", "dense") != "dense":
            raise unsupported("compressed-tensors with sparse weights")
        if config.get("transform_config"):
            raise unsupported("compressed-tensors with transforms around its weights")
        groups = config.get("config_groups")
        if not isinstance(groups, dict) or not groups:
            raise unsupported("compressed-tensors without config_groups")
        names = {_scheme(config, group) for group in groups.values()}
        return cls("compressed-tensors " + " and ".join(sorted(names)))

    @property
    def ignored(self) -> tuple[str, ...]:
        # What weights are computed from is checked against shapes; scales of activations are not needed.
        return (".weight_shape", ".input_scale", ".input_zero_point", ".output_scale", ".k_scale", ".v_scale")

    def weight(self, name: str, shape: tuple[int, ...], stored: Stored) -> PackedWeight | None:
        module = stem(name)
        if not module:
            return None
        if stored.get(f"{module}weight_packed") is not None:
            return _packed(name, shape, stored, module)
        return scaled(name, shape, stored, f"{module}weight_scale")


def _scheme(config: Mapping[str, Any], group: Any) -> str:
    """The name of what one entry of config_groups says, once it is known to be supported."""
    weights = group.get("weights") if isinstance(group, dict) else None
    if not isinstance(weights, dict):
        raise unsupported("compressed-tensors whose weights are not quantised")
    bits, kind = weights.get("num_bits"), weights.get("type")
    layout = group.get("format") or config.get("format") or "pack-quantized"
    if _KINDS.get(layout, "") not in (None, kind):
        raise unsupported(f"compressed-tensors in the format {layout}")
    if (kind, bits) not in (("int", 4), ("int", 8), ("float", 8)):
        raise unsupported(f"compressed-tensors with {kind} numbers of {bits} bits")
    return f"W{bits}A16" if kind == "int" else "fp8"


def _packed(name: str, shape: tuple[int, ...], stored: Stored, module: str) -> PackedWeight:
    words = f"{module}weight_packed"
    outputs, inputs = shape
    tensor = stored.get(words)
    assert tensor is not None
    widths = {(outputs, -(-inputs * bits // WORD)): bits for bits in (4, 8)}
    if tensor.shape not in widths:
        raise stored.misfit(words, " or ".join(by(width) for width in widths))
    bits = widths[tensor.shape]
    scale = f"{module}weight_scale"
    stored.part(scale, SCALES)
    scales = stored.get(scale)
    assert scales is not None
    if len(scales.shape) != 2 or scales.shape[0] not in (1, outputs) or not scales.shape[1] or inputs % scales.shape[1]:
        raise stored.misfit(scale, f"{outputs} x a divisor of {inputs}")
    parts = {"words": stored.part(words, {"I32"}), "scales": scale}
    groups = scales.shape[1]
    if stored.get(f"{module}weight_zero_point") is not None:
        zeros = (-(-outputs * bits // WORD), groups)
        parts["zeros"] = stored.part(f"{module}weight_zero_point", {"I32"}, zeros)
    if stored.get(f"{module}weight_g_idx") is not None:
        parts["groups"] = stored.part(f"{module}weight_g_idx", {"I32"}, (inputs,))
    packing = SymmetricRowWords(bits) if len(parts) == 2 else RowWords(bits)
    return PackedWeight(name, shape, parts, packing)
