"""How much RAM there is, and how much of it can still be had."""

from __future__ import annotations

from dataclasses import dataclass

import psutil

from core.machine.cgroup import allowance


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes; `available` can be had without swapping, other programs running."""

    total: int
    available: int


def read_memory() -> Memory:
    """The computer's RAM, or what a container grants of it."""
    system = psutil.virtual_memory()
    grant = allowance()
    if grant is None:
        return Memory(system.total, system.available)
    return Memory(min(system.total, grant.limit), min(system.available, grant.available))
