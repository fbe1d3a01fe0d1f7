"""The device that a plan computes on, as torch has it here."""

from __future__ import annotations

import torch

from core.errors import BadRequest


def open_device(name: str) -> torch.device:
    """Raises BadRequest if this installation of PyTorch cannot compute on the device."""
    kind = name.partition(":")[0]
    lacking = {
        "cuda": None if torch.cuda.is_available() else "has no CUDA",
        "mps": None if torch.backends.mps.is_available() else "cannot use Apple's graphics",
    }.get(kind)
    if lacking is not None:
        raise BadRequest(
            f"The plan computes on {name}, but this installation of PyTorch {lacking}.",
            "Choose the device cpu, or install a build of PyTorch for that device.",
        )
    return torch.device(name)


class DeviceMemory:
    """What this process holds of an accelerator's memory. Bytes, 0 for the CPU."""

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._most_seen = 0

    def held(self) -> int:
        """Now."""
        match self._device.type:
            case "cuda":
                held = torch.cuda.memory_reserved(self._device)
            case "mps":
                held = torch.mps.driver_allocated_memory()
            case _:
                held = 0
        self._most_seen = max(self._most_seen, held)
        return held

    def peak(self) -> int:
        """The most so far: CUDA keeps count, of other devices it is the most that `held` has seen."""
        return torch.cuda.max_memory_reserved(self._device) if self._device.type == "cuda" else self._most_seen
