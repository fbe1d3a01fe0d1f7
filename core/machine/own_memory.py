"""What this process holds in RAM, now and at its peak."""

from __future__ import annotations

import ctypes
import gc
import sys
from pathlib import Path

import psutil

_PROCESS = psutil.Process()


def resident_bytes() -> int:
    """Resident memory of this process; page cache is not counted."""
    return int(_PROCESS.memory_info().rss)


def peak_resident_bytes() -> int:
    """The most that this process has held since it was started."""
    if sys.platform == "linux":
        # Not getrusage: a child inherits its parent's peak there.
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    if sys.platform == "win32":
        return int(_PROCESS.memory_info().peak_wset)
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def give_back() -> None:
    """Return to the system what this process has released."""
    # Modules and callbacks refer to each other in circles.
    gc.collect()
    if sys.platform == "linux":
        # glibc keeps freed blocks of some MiB for itself, and models consist of such.
        ctypes.CDLL(None).malloc_trim(0)
