"""Numbers of 8 bits, whole or floating, with a scale for the tensor, for each row, or for each block of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from core.models.formats.format import SCALES, Stored, setting, unsupported
from core.models.spec import PackedWeight, Packing

EIGHT_BITS = {"F8_E4M3", "I8"}


@dataclass(frozen=True, slots=True)
class Scaled(Packing):
    """Parts: numbers [outputs, inputs], scales [rows of blocks, columns of blocks].

    Attributes:
        block: Outputs and inputs that share a scale.
        divisor: By which scales are divided.
    """

    block: tuple[int, int]
    divisor: int = 1


@dataclass(frozen=True, slots=True)
class ScaledRows(Scaled):
    """With scales of each row, or one for all."""

    by_row: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class Fp8:
    """As DeepSeek publishes, and Qwen: floats of 8 bits with the scales of square blocks.

    Attributes:
        block: Outputs and inputs that share a scale; None for one scale a tensor.
    """

    block: tuple[int, int] | None

    @classmethod
    def of(cls, config: dict[str, Any]) -> Fp8:
        """Args: config: `quantization_config`. Raises UnusableModel."""
        if setting(config, "fmt", str, "e4m3") != "e4m3":
            raise unsupported(f"floats of 8 bits in the format {config['fmt']}")
        block = setting(config, "weight_block_size", list, None)
        if block is None:
            return cls(None)
        if len(block) != 2 or not all(type(size) is int and size > 0 for size in block):
            raise unsupported(f"blocks of {block}")
        return cls((block[0], block[1]))

    @property
    def name(self) -> str:
        return "fp8"

    @property
    def ignored(self) -> tuple[str, ...]:
        return (".input_scale", ".activation_scale", ".k_scale", ".v_scale")

    def weight(self, name: str, shape: tuple[int, ...], stored: Stored) -> PackedWeight | None:
        scale = f"{name}_scale_inv" if stored.get(f"{name}_scale_inv") is not None else f"{name}_scale"
        if stored.get(scale) is None:
            scale = f"{name}_scale_inv"
        return scaled(name, shape, stored, scale, self.block)


def scaled(
    name: str, shape: tuple[int, ...], stored: Stored, scale: str, block: tuple[int, int] | None = None
) -> PackedWeight | None:
    """A weight stored under its own name in 8 bits, or None if it is not."""
    numbers = stored.get(name)
    if numbers is None or numbers.dtype not in EIGHT_BITS or len(shape) != 2:
        return None
    parts = {"numbers": stored.part(name, EIGHT_BITS, shape)}
    outputs, inputs = shape
    if block is not None:
        parts["scales"] = stored.part(scale, SCALES, (-(-outputs // block[0]), -(-inputs // block[1])))
        return PackedWeight(name, shape, parts, Scaled(block))
    parts["scales"] = stored.part(scale, SCALES, (outputs, 1), (outputs,), (1, 1), (1,), ())
    found = stored.get(scale)
    assert found is not None
    rows = 1 if found.shape[:1] == (outputs,) else outputs
    packing = ScaledRows((rows, inputs)) if found.shape else Scaled((rows, inputs))
    return PackedWeight(name, shape, parts, packing)
