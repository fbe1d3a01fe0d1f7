"""What an Apple computer's graphics processor may take of the memory that it shares with everything else."""

from __future__ import annotations

from core.machine.machine import Device
from core.machine.memory import Memory

SMALL = 36 << 30
"""Up to this much RAM Metal recommends two thirds of it for graphics, and three quarters beyond."""


def apple_device(system: str, architecture: str, title: str, memory: Memory) -> Device | None:
    """The device that torch calls "mps"; None on other computers.

    Args:
        system, architecture: As `sys.platform` and `platform.machine()` name them.
        title: The processor's, of which it is a part.
    """
    if (system, architecture) != ("darwin", "arm64"):
        return None
    share = memory.total * 2 // 3 if memory.total <= SMALL else memory.total * 3 // 4
    return Device("mps", f"{title} graphics", share, min(share, memory.available))
