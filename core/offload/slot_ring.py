"""A ring of slots that a thread of its own fills ahead of whoever uses them."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from core.errors import Cancelled

_CANCEL_POLL = 0.05
"""Seconds between looks at the cancel flag while waiting."""

RequestT = TypeVar("RequestT")
SlotT = TypeVar("SlotT")


class SlotRing(Generic[RequestT, SlotT]):
    """Fills slots in the order of requests, as far ahead as there are slots.

    Protocol, for one consumer thread: `request` queues work and returns at once; `take` waits for the oldest request
    that was not taken and lends its slot; `release` gives the oldest lent slot back for refilling, and it must not be
    used after that. `rewind` forgets all requests and takes all slots back; nothing is being filled when it returns.
    If filling fails, `take` raises the error, and goes on doing so until the next `rewind`.

    What the two threads share is guarded by `_changed`. Requests are counted from the last rewind: `_filled` by the
    filling thread, `_taken` and `_released` by the consumer; request n goes through slot n modulo their number.

    Args:
        slots: Whatever holds what is delivered.
        fill: Fills a slot for a request, on the ring's thread. It may give up when its third argument, a function,
            returns true: nobody waits for the request any more.

    Attributes:
        wait_seconds: Time that `take` has spent waiting.
    """

    def __init__(
        self, slots: Sequence[SlotT], fill: Callable[[RequestT, SlotT, Callable[[], bool]], None], name: str
    ) -> None:
        self._slots = slots
        self._fill = fill
        self._changed = threading.Condition()
        self._requests: deque[RequestT] = deque()
        self._filled = 0
        self._taken = 0
        self._released = 0
        self._rewinds = 0
        self._filling = False
        self._busy, self._began = 0.0, 0.0
        self._error: Exception | None = None
        self._closed = False
        self.wait_seconds = 0.0
        self._thread = threading.Thread(target=self._fill_ahead, name=name, daemon=True)
        self._thread.start()

    @property
    def lent(self) -> int:
        """Slots that were taken and not released."""
        return self._taken - self._released

    @property
    def failed(self) -> bool:
        """Whether the next `take`, or one soon after it, will raise what filling has raised already."""
        return self._error is not None

    @property
    def next(self) -> SlotT | None:
        """The slot that `take` would lend at once; None if it would wait or raise."""
        with self._changed:
            return self._slots[self._taken % len(self._slots)] if self._filled > self._taken else None

    @property
    def busy_seconds(self) -> float:
        """Time spent filling so far."""
        with self._changed:
            return self._busy + (time.perf_counter() - self._began if self._filling else 0.0)

    def request(self, request: RequestT) -> None:
        with self._changed:
            self._requests.append(request)
            self._changed.notify_all()

    def take(self, cancelled: Callable[[], bool]) -> SlotT:
        """The slot of the oldest request that was not taken yet.

        Raises whatever filling it raised, and Cancelled if `cancelled` became true while it was awaited.
        """
        start = time.perf_counter()
        with self._changed:
            while self._filled == self._taken and self._error is None:
                if cancelled():
                    raise Cancelled
                self._changed.wait(_CANCEL_POLL)
            self.wait_seconds += time.perf_counter() - start
            if self._filled == self._taken and self._error is not None:
                raise self._error
            self._taken += 1
            return self._slots[(self._taken - 1) % len(self._slots)]

    def release(self) -> None:
        with self._changed:
            assert self._released < self._taken, "a slot was released that nobody had taken"
            self._released += 1
            self._changed.notify_all()

    def rewind(self) -> None:
        with self._changed:
            self._rewinds += 1
            self._requests.clear()
            while self._filling:
                self._changed.wait()
            self._filled = self._taken = self._released = 0
            self._error = None
            self._changed.notify_all()

    def close(self) -> None:
        """Stop the thread; it is gone when this returns."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._thread.join()

    def _fill_ahead(self) -> None:
        while (work := self._next_work()) is not None:
            rewinds, request, slot = work

            def outdated(rewinds: int = rewinds) -> bool:
                return self._closed or self._rewinds != rewinds

            error: Exception | None = None
            try:
                self._fill(request, slot, outdated)
            except Exception as failure:  # noqa: BLE001 - it belongs to the consumer, who gets it from `take`
                error = failure
            with self._changed:
                self._filling = False
                self._busy += time.perf_counter() - self._began
                if self._rewinds == rewinds:
                    self._error = error
                    self._filled += error is None
                self._changed.notify_all()

    def _next_work(self) -> tuple[int, RequestT, SlotT] | None:
        """Waits until there is a request and a free slot for it. None at the end."""
        with self._changed:
            while not self._closed and (
                not self._requests or self._error is not None or self._filled - self._released >= len(self._slots)
            ):
                self._changed.wait()
            if self._closed:
                return None
            self._filling = True
            self._began = time.perf_counter()
            return self._rewinds, self._requests.popleft(), self._slots[self._filled % len(self._slots)]
