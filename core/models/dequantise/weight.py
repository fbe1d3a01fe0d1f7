"""Computes a weight from its stored tensors, whatever its format."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from torch import Tensor

from core.models.dequantise.arena import Arena
from core.models.dequantise.eight_bits import scaled
from core.models.dequantise.ggml import ggml_blocks, ggml_turns
from core.models.dequantise.tables import mxfp4_blocks, table_blocks
from core.models.dequantise.words import awq_words, gptq_words, row_words
from core.models.formats.bitsandbytes import TableBlocks
from core.models.formats.compressed_tensors import RowWords, SymmetricRowWords
from core.models.formats.ggml import GgmlBlocks, GgmlColumns, GgmlTurns
from core.models.formats.mxfp4 import Mxfp4Blocks
from core.models.formats.scaled import Scaled, ScaledRows
from core.models.formats.words import AwqWords, GptqWords
from core.models.spec import PackedWeight, Packing

Parts = Mapping[str, Tensor]

_DEQUANTISERS: dict[type[Packing], Callable[[Any, Parts, Tensor, Arena], None]] = {
    AwqWords: awq_words,
    GgmlBlocks: ggml_blocks,
    GgmlColumns: ggml_turns,
    GgmlTurns: ggml_turns,
    GptqWords: gptq_words,
    Mxfp4Blocks: mxfp4_blocks,
    RowWords: row_words,
    Scaled: scaled,
    ScaledRows: scaled,
    SymmetricRowWords: row_words,
    TableBlocks: table_blocks,
}


def dequantise(weight: PackedWeight, stored: Mapping[str, Tensor], out: Tensor, arena: Arena) -> None:
    """Compute a weight into `out`, of any float dtype, on the device of all.

    Products are of float32 and rounded once.

    Args:
        stored: The tensors of the weight's group, by name.
        out: Of the weight's shape; swapped dimensions of contiguous memory if its packing is transposed.
        arena: On the same device.
    """
    parts = {part: stored[name] for part, name in weight.parts.items()}
    target = out.transpose(-1, -2) if weight.packing.transposed else out
    _DEQUANTISERS[type(weight.packing)](weight.packing, parts, target, arena)
