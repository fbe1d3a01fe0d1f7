"""Four bits that are places in a table of 16 numbers: MXFP4 and bitsandbytes."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from core.models.dequantise.arena import Arena, pair_table, pairs
from core.models.formats.bitsandbytes import TableBlocks
from core.models.formats.mxfp4 import BLOCK, Mxfp4Blocks

E2M1 = (0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, -0.0, -0.5, -1.0, -1.5, -2.0, -3.0, -4.0, -6.0)
"""The floats of 4 bits."""


def mxfp4_blocks(packing: Mxfp4Blocks, parts: Mapping[str, Tensor], out: Tensor, arena: Arena) -> None:
    table = pair_table(torch.tensor(E2M1, device=out.device))
    blocks = parts["blocks"].flatten(1)
    for rows in arena.blocks(*out.shape):
        weights = pairs(blocks[rows], table, arena).view(-1, out.shape[1] // BLOCK, BLOCK)
        weights *= torch.exp2(parts["scales"][rows].float() - 127)[..., None]
        out[rows].copy_(weights.flatten(1))


def table_blocks(packing: TableBlocks, parts: Mapping[str, Tensor], out: Tensor, arena: Arena) -> None:
    """Blocks follow each other regardless of rows."""
    table = pair_table(parts["table"], first="upper")
    scales = parts["absmax"]
    if packing.nested_block:
        outer = parts["nested_absmax"].repeat_interleave(packing.nested_block)[: len(scales)]
        scales = parts["nested_table"][scales.long()] * outer + packing.nested_offset
    places, blocks = parts["places"].view(-1, packing.block // 2), out.view(-1, packing.block)
    for rows in arena.blocks(*blocks.shape):
        blocks[rows].copy_(pairs(places[rows], table, arena).mul_(scales[rows, None]))
