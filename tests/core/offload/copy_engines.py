"""A copy engine that works like an accelerator's, on the CPU: nothing is copied before its turn, and not at once."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from core.offload.copy_engine import Mark


class Point:
    """A mark that is passed when it is told so."""

    def __init__(self) -> None:
        self._passed = threading.Event()

    def passed(self) -> None:
        self._passed.set()

    def synchronize(self) -> None:
        assert self._passed.wait(20), "a mark was never passed"

    def query(self) -> bool:
        return self._passed.is_set()


class FakeCopyEngine:
    """Stands in for CUDA's: copies happen in order, on a line of work of their own, some time after they were begun.

    The computing of a CPU is over when it returns, so that `computed` would be a mark that is passed already; to show
    whether copies wait for it, it passes only `lag` seconds later, and until then a copy that is begun `after` it must
    not touch its target. What a copy will overwrite is spoilt as soon as it may be.

    Attributes:
        begun, copies: How many targets were to be copied to, and were.
    """

    def __init__(self, lag: float = 0.0, delay: float = 0.0) -> None:
        self._lag = lag
        self._delay = delay
        self._work: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="fake copies", daemon=True)
        self._thread.start()
        self._targets: set[int] = set()
        self.begun = self.copies = 0

    def copy(self, pairs: Sequence[tuple[Tensor, Tensor]], after: Mark | None) -> Mark:
        done = Point()
        used = {target.data_ptr() for target, _ in pairs}
        assert after is not None or not used & self._targets, "memory that was computed with is overwritten unasked"
        self._targets |= used
        self.begun += len(pairs)

        def work() -> None:
            if after is not None:
                after.synchronize()
            for target, _ in pairs:
                target.view(torch.uint8).fill_(0xFF)  # not a number, in every dtype of weights
            time.sleep(self._delay)
            for target, source in pairs:
                target.copy_(source)
                self.copies += 1
            done.passed()

        self._work.put(work)
        return done

    def computed(self) -> Mark:
        mark = Point()
        if not self._lag:
            mark.passed()
            return mark
        timer = threading.Timer(self._lag, mark.passed)
        timer.daemon = True
        timer.start()
        return mark

    def await_copies(self, mark: Mark, since: Mark) -> None:
        mark.synchronize()

    def stalled_seconds(self) -> float:
        return 0.0

    def close(self) -> None:
        self._work.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (work := self._work.get()) is not None:
            work()
