"""MXFP4: floats of 4 bits in blocks of 32 that share a power of two, as gpt-oss stores its experts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from core.models.formats.format import Stored
from core.models.spec import PackedWeight, Packing

BLOCK = 32


@dataclass(frozen=True, slots=True)
class Mxfp4Blocks(Packing):
    """Parts: blocks [outputs, inputs / 32, 16], two numbers a byte; scales [outputs, inputs / 32], exponents + 127."""

    transposed: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class Mxfp4:
    """As OpenAI publishes."""

    @property
    def name(self) -> str:
        return "MXFP4"

    @property
    def ignored(self) -> tuple[str, ...]:
        return ()

    def weight(self, name: str, shape: tuple[int, ...], stored: Stored) -> PackedWeight | None:
        if stored.get(f"{name}_blocks") is None or len(shape) < 2:
            return None
        *experts, inputs, outputs = shape
        blocks = (*experts, outputs, inputs // BLOCK)
        parts = {
            "blocks": stored.part(f"{name}_blocks", {"U8"}, (*blocks, BLOCK // 2)),
            "scales": stored.part(f"{name}_scales", {"U8"}, blocks),
        }
        return PackedWeight(name, shape, parts, Mxfp4Blocks())
