"""bitsandbytes: 4 bits that are places in a table, with the scales of blocks; or 8 bits with the scales of rows."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from core.errors import UnusableModel
from core.models.formats.format import AGAIN, Stored, setting, stem, unsupported
from core.models.formats.scaled import ScaledRows
from core.models.spec import PackedWeight, Packing, TensorSpec

LARGEST_STATE = 4096
"""Bytes of the JSON that is stored with each weight; some hundred are usual."""


@dataclass(frozen=True, slots=True)
class TableBlocks(Packing):
    """Places in a table, two a byte, the upper half first.

    Parts: places [elements / 2, 1], table [16], absmax [blocks]: the scale of each block. If scales are packed
    themselves, they are places in nested_table [256] too, with scales nested_absmax and `nested_offset`.

    Attributes:
        block: Elements that share a scale.
        nested_block: Scales that share a scale; 0 if they are stored as numbers.
    """

    block: int
    nested_block: int = 0
    nested_offset: float = 0.0


@dataclass(frozen=True, slots=True)
class BitsAndBytes:
    """As transformers saves a model that was loaded in 4 or 8 bits.

    Attributes:
        kind: "nf4", "fp4" or "int8".
    """

    kind: str

    @classmethod
    def of(cls, config: dict[str, Any]) -> BitsAndBytes:
        """Args: config: `quantization_config`. Raises UnusableModel."""
        if setting(config, "load_in_8bit", bool, False):
            return cls("int8")
        kind = setting(config, "bnb_4bit_quant_type", str, "fp4")
        if not setting(config, "load_in_4bit", bool, False) or kind not in ("nf4", "fp4"):
            raise unsupported(f"bitsandbytes of the kind {kind}")
        return cls(kind)

    @property
    def name(self) -> str:
        return f"bitsandbytes {self.kind}"

    @property
    def ignored(self) -> tuple[str, ...]:
        return (".weight_format", f".quant_state.bitsandbytes__{self.kind}")

    def weight(self, name: str, shape: tuple[int, ...], stored: Stored) -> PackedWeight | None:
        found = stored.get(name)
        if self.kind == "int8":
            if found is None or found.dtype != "I8":
                return None
            parts = {"numbers": stored.part(name, {"I8"}, shape)}
            parts["scales"] = stored.part(f"{stem(name)}SCB", {"F32"}, shape[:1])
            return PackedWeight(name, shape, parts, ScaledRows((1, shape[1]), divisor=127))
        if found is None or found.dtype != "U8":
            return None
        return self._four_bits(name, shape, stored)

    def _four_bits(self, name: str, shape: tuple[int, ...], stored: Stored) -> PackedWeight:
        elements = shape[0] * shape[1]
        state = f"{name}.quant_state.bitsandbytes__{self.kind}"
        stored.part(state, {"U8"})
        told = stored.get(state)
        assert told is not None
        settings = _read_state(told)
        block = _count(settings, "blocksize")
        if settings.get("shape") != list(shape):
            raise UnusableModel(f"{name} is of shape {settings.get('shape')} by its quant_state, not {shape}.", AGAIN)
        blocks = -(-elements // block)
        if elements % block:
            raise unsupported(f"bitsandbytes with {elements} weights in blocks of {block}")
        parts = {
            "places": stored.part(name, {"U8"}, (elements // 2, 1), (1, elements // 2)),
            "table": stored.part(f"{name}.quant_map", {"F32"}, (16,)),
        }
        if "nested_blocksize" not in settings:
            parts["absmax"] = stored.part(f"{name}.absmax", {"F32"}, (blocks,))
            return PackedWeight(name, shape, parts, TableBlocks(block))
        nested, offset = _count(settings, "nested_blocksize"), settings.get("nested_offset")
        if not isinstance(offset, (int, float)):
            raise UnusableModel(f"The quant_state of {name} lacks nested_offset.", AGAIN)
        parts["absmax"] = stored.part(f"{name}.absmax", {"U8"}, (blocks,))
        parts["nested_absmax"] = stored.part(f"{name}.nested_absmax", {"F32"}, (-(-blocks // nested),))
        parts["nested_table"] = stored.part(f"{name}.nested_quant_map", {"F32"}, (256,))
        return PackedWeight(name, shape, parts, TableBlocks(block, nested, float(offset)))


def _read_state(tensor: TensorSpec) -> dict[str, Any]:
    """The JSON in a tensor of bytes. Raises UnusableModel, OSError."""
    if tensor.bytes > LARGEST_STATE:
        raise UnusableModel(f"{tensor.name} is too large for what it is.", AGAIN)
    with tensor.file.open("rb") as stream:
        stream.seek(tensor.offset)
        text = stream.read(tensor.bytes)
    try:
        settings = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UnusableModel(f"{tensor.name} is not valid JSON.", AGAIN) from error
    if not isinstance(settings, dict):
        raise UnusableModel(f"{tensor.name} is not a JSON object.", AGAIN)
    return settings


def _count(settings: dict[str, Any], key: str) -> int:
    value = settings.get(key)
    if type(value) is not int or value <= 0 or value % 2:
        raise UnusableModel(f"The quant_state of a weight says {value!r} for {key}.", AGAIN)
    return value
