"""A ring of buffers that a reading thread fills ahead of the pass that uses them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

from core.errors import Cancelled, PenjingError
from core.offload.byte_ranges import ReadPlan
from core.offload.weight_reader import StagingBuffer, WeightReader

_CANCEL_POLL = 0.05
"""Seconds between looks at the cancel flag while waiting for the drive."""


class StagingRing:
    """Reads groups in a fixed order, over and over, one buffer ahead of the consumer.

    The order is that of a pass, and the end of one pass is followed by the start of the next: while trees are drafted
    the first layers of the next pass already arrive.

    Protocol: `take` waits for the next group and lends its buffer; `release` gives it back for refilling. The buffer
    must not be read after `release`. `begin_pass` must stand before the first `take` of each pass; it rewinds the order
    if the last pass was broken off. All three belong to one consumer thread. What the two threads share is guarded by
    `_changed`: groups are counted from the last rewind, `_filled` by the reader, `_released` by the consumer.

    Attributes:
        wait_seconds: Time that `take` has spent waiting.
    """

    def __init__(self, plans: Sequence[ReadPlan], slots: int, reader: WeightReader) -> None:
        self._plans = plans
        self._reader = reader
        self._buffers = [StagingBuffer(max(plan.buffer_bytes for plan in plans)) for _ in range(slots)]
        self._changed = threading.Condition()
        self._filled = 0
        self._released = 0
        self._rewinds = 0
        self._error: PenjingError | None = None
        self._closed = False
        self.wait_seconds = 0.0
        self._thread = threading.Thread(target=self._read_ahead, name="weight reader", daemon=True)
        self._thread.start()

    def begin_pass(self) -> None:
        with self._changed:
            if self._released % len(self._plans) == 0 and self._error is None:
                return
            self._rewinds += 1
            self._filled = self._released = 0
            self._error = None
            self._changed.notify_all()

    def take(self, cancelled: Callable[[], bool]) -> StagingBuffer:
        """The buffer of the next group.

        Raises ReadFailed if reading it failed, Cancelled if `cancelled` became true while it was awaited.
        """
        start = time.perf_counter()
        with self._changed:
            while self._filled == self._released and self._error is None:
                if cancelled():
                    raise Cancelled
                self._changed.wait(_CANCEL_POLL)
            self.wait_seconds += time.perf_counter() - start
            if self._filled == self._released and self._error is not None:
                raise self._error
            return self._buffers[self._released % len(self._buffers)]

    def release(self) -> None:
        with self._changed:
            self._released += 1
            self._changed.notify_all()

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._thread.join()
        self._reader.close()

    def _read_ahead(self) -> None:
        while (work := self._next_work()) is not None:
            rewinds, group = work

            def outdated(rewinds: int = rewinds) -> bool:
                return self._closed or self._rewinds != rewinds

            error: PenjingError | None = None
            try:
                self._reader.read(
                    self._plans[group % len(self._plans)], self._buffers[group % len(self._buffers)], outdated
                )
            except PenjingError as failure:
                error = failure
            with self._changed:
                if self._rewinds == rewinds:
                    self._error = error
                    self._filled += error is None
                    self._changed.notify_all()

    def _next_work(self) -> tuple[int, int] | None:
        """Waits until a buffer is free. The rewind count and the group to read into it, or None at the end."""
        with self._changed:
            while not self._closed and (self._filled - self._released >= len(self._buffers) or self._error is not None):
                self._changed.wait()
            return None if self._closed else (self._rewinds, self._filled)
