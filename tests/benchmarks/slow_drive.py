"""A drive that is slower than the one that is there."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

from core.machine.direct_file import DirectFile


@contextmanager
def slow_drive(rate: float | None) -> Iterator[None]:
    """Within this context all threads together read at most `rate` bytes per second; None slows nothing."""
    if rate is None:
        yield
        return
    read, lock = DirectFile.read_at, threading.Lock()
    free = 0.0  # when the drive has brought all that was asked for so far

    def paced(file: DirectFile, offset: int, target: memoryview) -> int:
        nonlocal free
        count = read(file, offset, target)
        with lock:
            free = max(free, time.perf_counter()) + count / rate
            ready = free
        time.sleep(max(0.0, ready - time.perf_counter()))
        return count

    with patch.object(DirectFile, "read_at", paced):
        yield
