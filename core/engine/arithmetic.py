"""Measures how fast this computer multiplies matrices in each number format that models may be computed in."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from itertools import cycle

import torch
from torch.nn.functional import linear

from core.machine.arithmetic import DTYPES, rate_name, recorded_rates
from core.machine.machine import Device, Figure, Source
from core.machine.nvidia import read_devices
from core.machine.profile import record
from core.sizes import format_size

ROWS = 64
"""As many as a tree has nodes on a usual computer."""

WIDTH = 4096

_SECONDS = 0.1
"""For each number format, once its kernels are set up."""

_LEAST = 3
"""Products that count at least, however slow they are."""

_CPU_BYTES, _CPU_MATRICES = 8 << 20, 8
"""Several matrices, because one product takes long where a format is emulated; together larger than most caches."""

_DEVICE_BYTES, _DEVICE_MATRICES = 256 << 20, 1
"""A large one, beside which the time to start a product does not count."""


def survey_arithmetic() -> None:
    """Measure every device that has no record yet, in less than a second, and keep the figures for later plans.

    Processors compute float16 so slowly that it is not worth the time to measure.

    Raises OSError if the figures cannot be kept.
    """
    places: list[tuple[Device | None, str, tuple[str, ...]]] = [(None, "cpu", ("bfloat16", "float32"))]
    if torch.cuda.is_available():
        for card in read_devices():
            places.append((Device(card.name, card.title, card.total, card.free), card.name, DTYPES))
    for device, place, dtypes in places:
        if not recorded_rates(device):
            for dtype in dtypes:
                record(rate_name(dtype, device), measure_products(dtype, torch.device(place)))


@torch.inference_mode()
def measure_products(dtype: str, device: torch.device) -> Figure:
    """Operations per second of products of `ROWS` rows with matrices that come from memory, not from a cache."""
    kind: torch.dtype = getattr(torch, dtype)
    size, count = (_CPU_BYTES, _CPU_MATRICES) if device.type == "cpu" else (_DEVICE_BYTES, _DEVICE_MATRICES)
    matrices = torch.ones(count, size // kind.itemsize // WIDTH, WIDTH, dtype=kind, device=device)
    rows = torch.ones(ROWS, WIDTH, dtype=kind, device=device)
    _seconds(rows, matrices[0])
    products: list[float] = []
    end = time.perf_counter() + _SECONDS
    for matrix in cycle(matrices):
        products.append(_seconds(rows, matrix))
        if len(products) >= _LEAST and time.perf_counter() >= end:
            break
    # Other programs, of which there are many while this one starts, only ever slow products down; the very fastest
    # may be a whim of the clock.
    seconds = sorted(products)[len(products) // 4]
    how = (
        f"Multiplied {ROWS} rows with {format_size(size * count)} of {dtype} weights {len(products)} times; "
        f"every fourth time took less than {seconds * 1e3:.2f} ms."
    )
    rate = 2 * ROWS * matrices[0].numel() / seconds
    return Figure(rate, Source.MEASURED, how, datetime.now(UTC).date().isoformat())


def _seconds(rows: torch.Tensor, matrix: torch.Tensor) -> float:
    start = time.perf_counter()
    linear(rows, matrix)
    if matrix.is_cuda:
        torch.cuda.synchronize(matrix.device)
    return time.perf_counter() - start
