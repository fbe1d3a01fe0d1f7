"""The input embedding: a row of a table for every token."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

import torch
from torch import Tensor
from torch.nn import functional

from core.models.spec import TensorGroup, TensorSpec
from core.offload.byte_ranges import plan_reads
from core.offload.weight_reader import StagingBuffer, WeightReader
from core.planning.memory import EMBEDDING_ROWS


class Embedding(Protocol):
    def rows(self, tokens: Tensor) -> Tensor:
        """[1, tokens] -> [1, tokens, hidden size], in the dtype of passes on the compute device."""


class HeldEmbedding:
    """The whole table in memory: the compute device's, or RAM beside it, from where just the rows travel."""

    def __init__(self, table: Tensor, dtype: torch.dtype, device: torch.device) -> None:
        self._table = table
        self._dtype = dtype
        self._device = device

    def rows(self, tokens: Tensor) -> Tensor:
        found = functional.embedding(tokens.to(self._table.device), self._table)
        return found.to(self._device, self._dtype)


class DriveEmbedding:
    """The table on the drive, of which just the rows are read that a pass uses."""

    def __init__(self, table: TensorSpec, reader: WeightReader, dtype: torch.dtype, device: torch.device) -> None:
        self._table = table
        self._reader = reader
        self._dtype = dtype
        self._device = device
        self._buffer = StagingBuffer(1)

    def rows(self, tokens: Tensor) -> Tensor:
        """Raises ReadFailed."""
        distinct, places = tokens.flatten().unique(return_inverse=True)
        found = torch.empty(len(distinct), self._table.shape[1], dtype=self._dtype, device=self._device)
        for start in range(0, len(distinct), EMBEDDING_ROWS):
            self._read(distinct[start : start + EMBEDDING_ROWS].tolist(), found[start : start + EMBEDDING_ROWS])
        return found[places].view(*tokens.shape, -1)

    def _read(self, tokens: Sequence[int], target: Tensor) -> None:
        rows = tuple(replace(self._table.rows(token, token + 1), name=str(token)) for token in tokens)
        # Rows that lie between those wanted are not read along: the buffer would grow by them.
        plan = plan_reads(TensorGroup("", rows), bridged_gap=0)
        if plan.buffer_bytes > self._buffer.bytes:
            self._buffer = StagingBuffer(plan.buffer_bytes)
        self._reader.read(plan, self._buffer)
        target.copy_(torch.cat(list(self._buffer.view(plan).values())))
