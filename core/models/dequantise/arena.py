"""Memory for what is between stored numbers and weights: reused from block to block, and small enough for caches."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Literal

import torch
from torch import Tensor

from core.models.chunks import DEQUANTISED_BLOCK, DEQUANTISED_BLOCK_ON_DEVICE

_ALIGNMENT = 64


class Arena:
    """A stretch of memory that buffers are cut from until `clear`. It grows to the most that was ever needed.

    Allocating instead would cost more than the arithmetic: large blocks are given back to the system each time.
    """

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self._memory = torch.empty(0, dtype=torch.uint8, device=device)
        self._used = 0

    def clear(self) -> None:
        """Let the buffers go that were taken so far."""
        self._used = 0

    def take(self, shape: tuple[int, ...], dtype: torch.dtype) -> Tensor:
        """A buffer of any content."""
        size = math.prod(shape) * dtype.itemsize
        start = self._used
        self._used = -(-(start + size) // _ALIGNMENT) * _ALIGNMENT
        if start + size > self._memory.numel():
            # Buffers taken before keep the old memory alive until they go.
            self._memory = torch.empty(max(self._used, 2 * self._memory.numel()), dtype=torch.uint8, device=self.device)
            start, self._used = 0, -(-size // _ALIGNMENT) * _ALIGNMENT
        return self._memory[start : start + size].view(dtype).view(shape)

    def blocks(self, rows: int, columns: int, multiple: int = 1) -> Iterator[slice]:
        """Rows in stretches that fit into a processor's cache, or give an accelerator enough to do.

        Args:
            multiple: What the length of all stretches but the last must be divisible by.
        """
        elements = DEQUANTISED_BLOCK if self.device.type == "cpu" else DEQUANTISED_BLOCK_ON_DEVICE
        step = max(multiple, elements // columns // multiple * multiple)
        for start in range(0, rows, step):
            self.clear()
            yield slice(start, min(start + step, rows))


Half = Literal["lower", "upper"]


def nibbles(packed: Tensor, arena: Arena, first: Half = "lower") -> Tensor:
    """The two halves of each byte, one after the other. [rows, n] uint8 -> [rows, 2 n] int8 in 0 … 15.

    Both are had at once: a byte that is spread to 16 bits, and itself shifted by 4, are two bytes with the halves low.
    """
    wide = arena.take(tuple(packed.shape), torch.int16)
    other = arena.take(tuple(packed.shape), torch.int16)
    wide.copy_(packed)
    if first == "lower":
        torch.bitwise_left_shift(wide, 4, out=other)
    else:
        torch.bitwise_left_shift(wide, 8, out=other)
        wide.bitwise_right_shift_(4)
    wide.bitwise_or_(other).bitwise_and_(0x0F0F)
    return wide.view(torch.int8)


def pairs(packed: Tensor, table: Tensor, arena: Arena) -> Tensor:
    """What a table has for both halves of each byte. [rows, n] uint8 -> [rows, 2 n] float32.

    Args:
        table: What each byte stands for, two numbers. [256, 2], float32.
    """
    places = arena.take(tuple(packed.shape), torch.int64).copy_(packed)
    found = arena.take(tuple(packed.shape), torch.int64)
    rows = table.view(torch.int64).view(1, 256).expand(packed.shape[0], 256)
    return torch.gather(rows, 1, places, out=found).view(torch.float32)


def pair_table(values: Tensor, first: Half = "lower") -> Tensor:
    """For `pairs`: from what each half stands for. [16] -> [256, 2], float32."""
    byte = torch.arange(256, device=values.device)
    halves = (byte & 15, byte >> 4) if first == "lower" else (byte >> 4, byte & 15)
    return torch.stack([values.float()[half] for half in halves], dim=-1).contiguous()
