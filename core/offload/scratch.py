"""One stretch of memory into which weights are converted that are stored in another dtype than passes compute in."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from core.models.spec import TensorGroup
from core.offload.weight_stream import carve, carved_bytes


class Scratch:
    """Holds the converted weights of one group at a time; it grows to the largest."""

    def __init__(self, dtype: torch.dtype, device: torch.device) -> None:
        self._dtype = dtype
        self._memory = torch.empty(0, dtype=torch.uint8, device=device)

    def computable(self, group: TensorGroup, weights: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
        """The weights in the dtype of passes: themselves, or copies that last until the next call."""
        if all(tensor.dtype is self._dtype for tensor in weights.values()):
            return weights
        needed = carved_bytes(group, self._dtype)
        if needed > self._memory.numel():
            # The old memory goes before the new one comes, so that both never exist at once.
            device, self._memory = self._memory.device, torch.empty(0, dtype=torch.uint8)
            self._memory = torch.empty(needed, dtype=torch.uint8, device=device)
        places = carve(self._memory, group, self._dtype)
        return {name: places[name].copy_(tensor) for name, tensor in weights.items()}
