"""One stretch of memory in which weights are computed that are stored otherwise than passes compute with them."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from core.models.dequantise.arena import Arena
from core.models.spec import TensorGroup
from core.offload.carving import carve, carved_bytes, unpack


class Scratch:
    """Holds the weights of one group at a time: dequantised, and in the dtype of passes. It grows to the largest."""

    def __init__(self, dtype: torch.dtype, device: torch.device) -> None:
        self._dtype = dtype
        self._memory = torch.empty(0, dtype=torch.uint8, device=device)
        self._arena = Arena(device)

    def computable(self, group: TensorGroup, stored: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
        """The weights of a group: `stored` itself, if that is what they are, or else copies that need nothing of it and
        last until the next call."""
        if not group.packed and all(tensor.dtype is self._dtype for tensor in stored.values()):
            return stored
        needed = carved_bytes(group, self._dtype)
        if needed > self._memory.numel():
            # The old memory goes before the new one comes, so that both never exist at once.
            device, self._memory = self._memory.device, torch.empty(0, dtype=torch.uint8)
            self._memory = torch.empty(needed, dtype=torch.uint8, device=device)
        places = carve(self._memory, group, self._dtype)
        unpack(group, stored, places, self._arena)
        return places
