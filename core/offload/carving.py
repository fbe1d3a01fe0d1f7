"""Gives the tensors of a group places in one stretch of memory, as stored or as weights, and makes these from those."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import torch
from torch import Tensor

from core.models.dequantise.arena import Arena
from core.models.dequantise.weight import dequantise
from core.models.spec import TensorGroup
from core.offload.weight_reader import DTYPES

_ALIGNMENT = 256
"""Bytes at multiples of which tensors start on a device: its matrix kernels are fastest there."""


def carve(memory: Tensor, group: TensorGroup, dtype: torch.dtype | None = None) -> dict[str, Tensor]:
    """Places in a stretch of memory, by name.

    Args:
        memory: At least `carved_bytes` of uint8.
        dtype: What the group's weights will be held in; None for places of its tensors as stored.
    """
    places, start = {}, 0
    transposed = {weight.name for weight in group.packed if weight.packing.transposed}
    for name, shape, kind in _contents(group, dtype):
        size = _bytes(shape, kind)
        stretch = memory[start : start + size].view(kind)
        swapped = dtype is not None and name in transposed
        places[name] = stretch.view(shape[::-1]).t() if swapped else stretch.view(shape)
        start += _aligned(size)
    return places


def carved_bytes(group: TensorGroup, dtype: torch.dtype | None = None) -> int:
    """Bytes that `carve` needs."""
    return sum(_aligned(_bytes(shape, kind)) for _, shape, kind in _contents(group, dtype))


def unpack(group: TensorGroup, stored: Mapping[str, Tensor], places: Mapping[str, Tensor], arena: Arena) -> None:
    """Fill the places of a group's weights from its stored tensors, on the same device as the arena."""
    for tensor in group.plain:
        places[tensor.name].copy_(stored[tensor.name])
    for weight in group.packed:
        dequantise(weight, stored, places[weight.name], arena)


def _contents(group: TensorGroup, dtype: torch.dtype | None) -> Iterator[tuple[str, tuple[int, ...], torch.dtype]]:
    if dtype is None:
        return ((tensor.name, tensor.shape, DTYPES[tensor.dtype]) for tensor in group.tensors)
    return ((name, shape, dtype) for name, shape in group.weights.items())


def _bytes(shape: tuple[int, ...], kind: torch.dtype) -> int:
    return torch.Size(shape).numel() * kind.itemsize


def _aligned(size: int) -> int:
    return -(-size // _ALIGNMENT) * _ALIGNMENT
