"""What a process holds in RAM, now and at its peak."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import sys
from pathlib import Path

import psutil

_PROCESS = psutil.Process()

_M_MMAP_THRESHOLD = -3
"""mallopt's name for the size from which on a block gets pages of its own (malloc.h of glibc)."""

_LARGE_BLOCK = 4 << 20


def resident_bytes() -> int:
    """Resident memory of this process; page cache is not counted."""
    return int(_PROCESS.memory_info().rss)


def resident_bytes_of(pid: int) -> int:
    """The same of another process; 0 if it is gone."""
    try:
        return int(psutil.Process(pid).memory_info().rss)
    except psutil.NoSuchProcess:
        return 0


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


def forget_peak() -> None:
    """Begin a new peak: what this process held before, to measure, was for no model. Only Linux can."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError):  # Some containers do not allow it: the peak is then too high, once.
            Path("/proc/self/clear_refs").write_text("5")


def return_large_blocks_at_once() -> None:
    """Have blocks of some MiB returned to the system whenever they are released.

    Left to itself, glibc raises the size from which on it does so to that of the largest block released so far (up to
    32 MiB), and then the activations of passes fragment its heap: with 600 MB of weights under a limit of 814 MiB the
    engine peaked at anything from 792 to 856 MiB, with this at 798 to 802 (November 2026).
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, _LARGE_BLOCK)


def give_back() -> None:
    """Return to the system what this process has released."""
    # Modules and callbacks refer to each other in circles.
    gc.collect()
    return_free_pages()


def return_free_pages() -> None:
    """Return to the system the pages that only released blocks are on. Takes milliseconds."""
    if sys.platform == "linux":
        # glibc keeps freed blocks of some MiB for itself, and models consist of such.
        ctypes.CDLL(None).malloc_trim(0)
