"""The output head: hidden states times a matrix with a row for every entry of the vocabulary."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol

import torch
from torch import Tensor
from torch.nn import functional

from core.errors import Cancelled
from core.models.spec import TensorGroup, TensorSpec
from core.offload.pass_stream import PassStream


class Head(Protocol):
    def products(self, hidden: Tensor, cancelled: Callable[[], bool]) -> Tensor:
        """[…, hidden size] -> […, vocabulary]. Raises what fetching its weights raises."""


class ResidentHead:
    """The whole matrix in the memory of the compute device."""

    def __init__(self, weight: Tensor) -> None:
        self._weight = weight

    def products(self, hidden: Tensor, cancelled: Callable[[], bool]) -> Tensor:
        return functional.linear(hidden, self._weight)


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


def sliced(matrix: TensorSpec, most: int) -> list[TensorGroup]:
    """A matrix cut into stretches of rows of at most `most` bytes, each a group with the tensor "weight"."""
    rows = max(1, most // (matrix.bytes // matrix.shape[0]))
    named = replace(matrix, name="weight")
    return [
        TensorGroup("", (named.rows(start, min(start + rows, matrix.shape[0])),))
        for start in range(0, matrix.shape[0], rows)
    ]
