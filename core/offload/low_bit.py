"""Layers with 4-bit matrices that stay packed where they compute: what a draft of the target's own goes through."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median

import torch
from torch import Tensor, nn
from torch.nn import functional

from core.models.dequantise.arena import Arena, nibbles
from core.models.dequantise.weight import dequantise
from core.models.spec import PackedWeight, TensorGroup
from core.models.transformer import Transformer, WeightSlots

FUSED_GROUPS = (32, 64, 128, 256)
FUSED_ROWS = 16
"""What torch's kernel for processors takes: columns that share a scale, and rows of a matrix in multiples of these."""

_TRIED_ROWS, _TRIALS = 4, 5
"""Rows of a usual pass of the draft, and how often it is tried with each kernel."""


class Kernel:
    """How packed matrices are multiplied with.

    Whether torch's fused kernel is the faster depends on what it was compiled for: on two Zen 5 cores it multiplies 38
    billion weights a second with 4 rows, and without vector instructions less than dequantising does, 2 billion.

    Args:
        dtype, device: Of what is multiplied.
        fused: Whether the fused one is used; None to find out.
    """

    def __init__(self, dtype: torch.dtype, device: torch.device, fused: bool | None = None) -> None:
        self.dtype = dtype
        self.device = device
        self._arena = Arena(device)
        self._scratch = torch.empty(0, dtype=dtype, device=device)
        self._fused = fused if device.type == "cpu" else False

    def product(self, weight: PackedWeight, stored: Mapping[str, Tensor]) -> Callable[[Tensor], Tensor]:
        """What multiplies rows with a matrix. [rows, columns] -> [rows, outputs], in the dtype of the rows."""
        words, scales = (stored[weight.parts[part]] for part in ("words", "scales"))
        unpacking = _Unpacking(self, weight, words.to(self.device), scales.to(self.device))
        outputs, columns = weight.shape
        group = columns // scales.shape[1]
        if self._fused is False or outputs % FUSED_ROWS or group not in FUSED_GROUPS:
            return unpacking
        fused = _Fused.of(weight, words, scales, self._arena)
        if self._fused is None:
            rows = torch.zeros(_TRIED_ROWS, columns, dtype=self.dtype)
            self._fused = _seconds(fused, rows) < _seconds(unpacking, rows)
            self._scratch = torch.empty(0, dtype=self.dtype, device=self.device)
        return fused if self._fused else unpacking

    def unpacked(self, weight: PackedWeight, words: Tensor, scales: Tensor) -> Tensor:
        """A matrix in a scratch that lasts until the next call."""
        if self._scratch.numel() < weight.elements:
            self._scratch = torch.empty(weight.elements, dtype=self.dtype, device=self.device)
        matrix = self._scratch[: weight.elements].view(weight.shape)
        dequantise(weight, {weight.parts["words"]: words, weight.parts["scales"]: scales}, matrix, self._arena)
        return matrix


@dataclass(frozen=True, slots=True)
class _Unpacking:
    kernel: Kernel
    weight: PackedWeight
    words: Tensor
    scales: Tensor

    def __call__(self, rows: Tensor) -> Tensor:
        return functional.linear(rows, self.kernel.unpacked(self.weight, self.words, self.scales))


@dataclass(frozen=True, slots=True)
class _Fused:
    """
    Attributes:
        numbers: As the kernel of this processor wants them.
        scales: And zero points, which are 0. [groups, outputs, 2], bfloat16.
    """

    numbers: Tensor
    scales: Tensor
    group: int

    @classmethod
    def of(cls, weight: PackedWeight, words: Tensor, scales: Tensor, arena: Arena) -> _Fused:
        outputs, columns = weight.shape
        numbers = torch.empty(outputs, columns, dtype=torch.int32)
        for rows in arena.blocks(outputs, columns, FUSED_ROWS):
            numbers[rows] = nibbles(words[rows].view(torch.uint8), arena)[:, :columns]
        pairs = torch.zeros(scales.shape[1], outputs, 2, dtype=torch.bfloat16)
        pairs[..., 0] = scales.t()
        packed = torch.ops.aten._convert_weight_to_int4pack_for_cpu(numbers, 1)
        return cls(packed, pairs, columns // scales.shape[1])

    def __call__(self, rows: Tensor) -> Tensor:
        # In bfloat16 whatever the dtype of passes: for float32 there is no fast kernel.
        narrow = rows.to(torch.bfloat16)
        product: Tensor = torch.ops.aten._weight_int4pack_mm_for_cpu(narrow, self.numbers, self.group, self.scales)
        return product.to(rows.dtype)


class LowBitLinear(nn.Module):
    """A linear layer around packed weights; its bias is a parameter, as the layer's that it stands in for."""

    def __init__(self, product: Callable[[Tensor], Tensor], bias: nn.Parameter | None) -> None:
        super().__init__()
        self._product = product
        self.bias = bias

    def forward(self, states: Tensor) -> Tensor:
        product = self._product(states.reshape(-1, states.shape[-1])).view(*states.shape[:-1], -1)
        return product if self.bias is None else product + self.bias


def low_bit_layer(
    modules: Transformer, index: int, group: TensorGroup, stored: Mapping[str, Tensor], kernel: Kernel
) -> nn.Module:
    """A layer like the one of that index, with weights of its own.

    Args:
        group: What they are: packed matrices, and plain tensors for all else.
        stored: Its tensors, in RAM.
    """
    layer = modules.twin(index)
    for weight in group.packed:
        path, _, _ = weight.name.rpartition(".")
        original = layer.get_submodule(path)
        assert isinstance(original, nn.Linear)
        layer.set_submodule(path, LowBitLinear(kernel.product(weight, stored), original.bias))
    # Copies: a view would keep all of what was stored.
    plain = {tensor.name: stored[tensor.name].to(kernel.device, kernel.dtype, copy=True) for tensor in group.plain}
    WeightSlots(layer).fill(plain)
    return layer


def _seconds(product: Callable[[Tensor], Tensor], rows: Tensor) -> float:
    product(rows)
    found = []
    for _ in range(_TRIALS):
        started = time.perf_counter()
        product(rows)
        found.append(time.perf_counter() - started)
    return median(found)
