"""Measures how fast a drive delivers weights, by reading a file as the engine reads it: past the page cache."""

from __future__ import annotations

import errno
import io
import mmap
import os
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from core.errors import ReadFailed
from core.machine.machine import Figure, Source
from core.sizes import format_size

CHUNK = 8 << 20
"""Bytes per read: larger ones were no faster."""


def measure_drive(file: Path, seconds: float = 1.0) -> Figure:
    """Bytes per second of sequential reads from the start of `file`, for about `seconds` or up to its end.

    Raises:
        ReadFailed: The file cannot be read, or is empty.
    """
    try:
        stream, how = _open(file)
        with stream:
            total, elapsed = _read(stream, seconds)
    except OSError as error:
        raise ReadFailed(
            f"{file} cannot be read: {error.strerror}.", "Check that the drive is connected and the file is there."
        ) from error
    if total == 0:
        raise ReadFailed(f"{file} is empty, so it shows no speed.", "Choose a larger file.")
    how = f"Read {format_size(total)} of {file.name} in {elapsed:.2f} s by {how}."
    return Figure(total / elapsed, Source.MEASURED, how, datetime.now(UTC).date().isoformat())


def _read(stream: io.FileIO, seconds: float) -> tuple[int, float]:
    """Bytes read, and the seconds that took."""
    with mmap.mmap(-1, CHUNK) as buffer:  # Direct reads need memory that starts on a page.
        total, start = 0, time.perf_counter()
        while True:
            count = stream.readinto(buffer)
            total += count
            elapsed = time.perf_counter() - start
            if count < CHUNK or elapsed >= seconds:
                return total, elapsed


def _open(file: Path) -> tuple[io.FileIO, str]:
    """The file, opened so as to avoid the page cache where the system lets it be avoided, and the way of reading."""
    if sys.platform == "win32":
        return io.FileIO(file), "buffered reads, which may come from memory and flatter the drive"
    if sys.platform == "darwin":
        import fcntl

        stream = io.FileIO(file)
        fcntl.fcntl(stream.fileno(), fcntl.F_NOCACHE, 1)
        return stream, "direct reads"
    direct = _open_direct(file)
    if direct is not None:
        return direct, "direct reads"
    stream = io.FileIO(file)
    os.posix_fadvise(stream.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    return stream, "buffered reads, because the file system refuses direct ones"


def _open_direct(file: Path) -> io.FileIO | None:
    """The file, opened for direct reads; None if its file system has none. Linux only."""
    try:
        stream = io.FileIO(os.open(file, os.O_RDONLY | getattr(os, "O_DIRECT", 0)))
        try:
            with mmap.mmap(-1, mmap.PAGESIZE) as page:  # Some file systems refuse only the reading.
                stream.readinto(page)
            stream.seek(0)
        except OSError:
            stream.close()
            raise
    except OSError as error:
        if error.errno in (errno.EINVAL, errno.EOPNOTSUPP):
            return None
        raise
    return stream
