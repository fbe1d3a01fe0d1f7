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


def give_back_device_memory() -> None:
    """Return to the driver what this process has released of an accelerator's memory."""
    torch.cuda.empty_cache()  # nothing where CUDA was never used
    if torch.backends.mps.is_available():
        torch.mps.empty_cache()


class DeviceMemory:
    """What this process holds of an accelerator's memory, from now on. Bytes, 0 for the CPU."""

    def __init__(self, device: torch.device, limit: int) -> None:
        """
        Args:
            limit: Most that may be held. CUDA keeps to it: torch first returns what it has kept for later, and then
                refuses. 0 for the CPU.
        """
        self._device = device
        self._most_seen = 0
        if device.type == "cuda":
            give_back_device_memory()
            torch.cuda.reset_peak_memory_stats(device)
            total = torch.cuda.get_device_properties(device).total_memory
            torch.cuda.set_per_process_memory_fraction(min(limit / total, 1.0), device)

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
