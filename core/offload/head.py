"""The output head: hidden states times a matrix with a row for every entry of the vocabulary."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import torch
from torch import Tensor
from torch.nn import functional

from core.errors import Cancelled
from core.models.spec import TensorGroup
from core.offload.pass_stream import PassStream
from core.offload.scratch import Scratch


class Head(Protocol):
    def products(self, hidden: Tensor, cancelled: Callable[[], bool]) -> Tensor:
        """[…, hidden size] -> […, vocabulary]. Raises what fetching its weights raises."""


class ResidentHead:
    """The whole matrix in the memory of the compute device."""

    def __init__(self, weight: Tensor) -> None:
        self._weight = weight

    def products(self, hidden: Tensor, cancelled: Callable[[], bool]) -> Tensor:
        return functional.linear(hidden, self._weight)


class PackedHead:
    """The whole matrix as stored in the memory of the compute device, dequantised slice by slice at each pass."""

    def __init__(self, matrix: TensorGroup, stored: Mapping[str, Tensor], most: int, scratch: Scratch) -> None:
        """Args: most: Bytes of a slice."""
        self._slices = []
        start = 0
        for part in sliced(matrix, most):
            (shape,) = part.weights.values()
            rows = slice(start, start + shape[0])
            # What all rows share was not cut.
            tensors = {
                tensor.name: stored[tensor.name][rows] if tensor.shape[0] == shape[0] else stored[tensor.name]
                for tensor in part.tensors
            }
            self._slices.append((part, tensors))
            start = rows.stop
        self._scratch = scratch

    def products(self, hidden: Tensor, cancelled: Callable[[], bool]) -> Tensor:
        parts = []
        for part, stored in self._slices:
            if cancelled():
                raise Cancelled
            parts.append(functional.linear(hidden, self._scratch.computable(part, stored)["weight"]))
        return torch.cat(parts, dim=-1)


class StreamedHead:
    """The matrix in slices, which follow the streamed layers of a pass."""

    def __init__(self, stream: PassStream, slices: Sequence[TensorGroup]) -> None:
        self._stream = stream
        self._slices = slices

    def products(self, hidden: Tensor, cancelled: Callable[[], bool]) -> Tensor:
        parts = []
        for _ in self._slices:
            # Where weights are never waited for, `take` does not look.
            if cancelled():
                raise Cancelled
            weights = self._stream.take(cancelled)
            parts.append(functional.linear(hidden, weights["weight"]))
            self._stream.release()
        return torch.cat(parts, dim=-1)


def sliced(matrix: TensorGroup, most: int) -> list[TensorGroup]:
    """A group of one matrix cut into stretches of rows of at most `most` bytes."""
    ((rows, _),) = matrix.weights.values()
    step = max(1, most // -(-matrix.bytes // rows))
    return [matrix.rows(start, min(start + step, rows)) for start in range(0, rows, step)]
