"""Forgets what the system has cached of files, so that every run reads them from the drive."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

DROP = Path("/proc/sys/vm/drop_caches")


def drop(files: Iterable[Path]) -> str:
    """Drop the page cache, or at least that of `files`. Returns how, in words."""
    if DROP.exists() and os.access(DROP, os.W_OK):
        os.sync()  # Dirty pages are not dropped.
        DROP.write_text("3", "ascii")
        return "the whole page cache dropped before each process"
    if not hasattr(os, "posix_fadvise"):
        return "the page cache kept: this system offers no way to drop it"
    for file in files:
        descriptor = os.open(file, os.O_RDONLY)
        try:
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        finally:
            os.close(descriptor)
    return "the models' files dropped from the page cache before each process"
