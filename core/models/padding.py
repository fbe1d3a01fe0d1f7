"""How many rows to compute where some are wanted."""

from __future__ import annotations

import torch

_BFLOAT16_ROWS = (1, 2, 4, 8, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024)
"""Rows that bfloat16 products are padded to on a CPU: oneDNN compiles a kernel for every number of rows it meets (1 ms
and 0.7 MiB per matrix shape, measured on a Xeon with avx512_bf16), so that there should be few."""


def padded(rows: int, dtype: torch.dtype, device: torch.device) -> int:
    """The number of rows to compute, at least `rows`."""
    if dtype is not torch.bfloat16 or device.type != "cpu":
        return rows
    return next((size for size in _BFLOAT16_ROWS if size >= rows), rows)
