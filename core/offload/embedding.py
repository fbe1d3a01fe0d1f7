"""The input embedding: a row of a table for every token."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Protocol

import torch
from torch import Tensor
from torch.nn import functional

from core.models.dequantise.arena import Arena
from core.models.dequantise.weight import dequantise
from core.models.spec import PackedWeight, TensorGroup
from core.offload.byte_ranges import plan_reads
from core.offload.weight_reader import StagingBuffer, WeightReader
from core.planning.weights import EMBEDDING_ROWS


class Embedding(Protocol):
    def rows(self, tokens: Tensor) -> Tensor:
        """[1, tokens] -> [1, tokens, hidden size], in the dtype of passes on the compute device."""


class HeldEmbedding:
    """The whole table in memory: the compute device's, or RAM beside it, from where just the rows travel."""

    def __init__(
        self, stored: Mapping[str, Tensor], packed: PackedWeight | None, dtype: torch.dtype, device: torch.device
    ) -> None:
        """
        Args:
            stored: The tensors of the table, by name.
            packed: How its rows are computed from theirs; None if they are the same.
        """
        self._stored = stored
        self._packed = packed
        self._dtype = dtype
        self._device = device
        self._arena = Arena(next(iter(stored.values())).device)

    def rows(self, tokens: Tensor) -> Tensor:
        places = tokens.flatten().to(self._arena.device)
        found = {
            name: functional.embedding(places, tensor) if tensor.shape[0] > 1 else tensor
            for name, tensor in self._stored.items()
        }
        made = _unpacked(found, self._packed, len(places), self._dtype, self._arena)
        return made.to(self._device, self._dtype).view(*tokens.shape, -1)


class DriveEmbedding:
    """The table on the drive, of which just the rows are read that a pass uses."""

    def __init__(self, table: TensorGroup, reader: WeightReader, dtype: torch.dtype, device: torch.device) -> None:
        self._table = table
        self._reader = reader
        self._dtype = dtype
        self._device = device
        self._buffer = StagingBuffer(1)
        self._arena = Arena(torch.device("cpu"))

    def rows(self, tokens: Tensor) -> Tensor:
        """Raises ReadFailed."""
        distinct, places = tokens.flatten().unique(return_inverse=True)
        parts = [
            self._read(distinct[start : start + EMBEDDING_ROWS].tolist())
            for start in range(0, len(distinct), EMBEDDING_ROWS)
        ]
        return torch.cat(parts)[places.to(self._device)].view(*tokens.shape, -1)

    def _read(self, tokens: Sequence[int]) -> Tensor:
        rows = [self._table.rows(token, token + 1) for token in tokens]
        named = [replace(tensor, name=f"{at} {tensor.name}") for at, row in enumerate(rows) for tensor in row.tensors]
        # Rows that lie between those wanted are not read along: the buffer would grow by them.
        plan = plan_reads(TensorGroup("", tuple(named)), bridged_gap=0)
        if plan.buffer_bytes > self._buffer.bytes:
            self._buffer = StagingBuffer(plan.buffer_bytes)
        self._reader.read(plan, self._buffer)
        read = self._buffer.view(plan)
        found = {
            tensor.name: torch.cat([read[f"{at} {tensor.name}"] for at in range(len(tokens))])
            if tensor.shape[0] > 1
            else read[f"0 {tensor.name}"]
            for tensor in self._table.tensors
        }
        return _unpacked(found, self._table.only, len(tokens), self._dtype, self._arena).to(self._device, self._dtype)


def _unpacked(
    rows: Mapping[str, Tensor], packed: PackedWeight | None, number: int, dtype: torch.dtype, arena: Arena
) -> Tensor:
    """Some rows of a table, from those of its stored tensors; in `dtype` if it is packed."""
    if packed is None:
        (plain,) = rows.values()
        return plain
    weight = replace(packed, shape=(number, packed.shape[1]))
    made = torch.empty(weight.shape, dtype=dtype, device=arena.device)
    dequantise(weight, rows, made, arena)
    return made
