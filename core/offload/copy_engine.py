"""Copies between RAM and an accelerator that run beside its computing."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Protocol

import torch
from torch import Tensor


class Mark(Protocol):
    """A point in the work of a device."""

    def synchronize(self) -> None:
        """Block the calling thread until the device has got there."""

    def query(self) -> bool:
        """Whether the device has got there."""


class CopyEngine(Protocol):
    """Copies on a line of work of their own, ordered against the computing by marks, never by waiting.

    `copy` is called from another thread than the rest.
    """

    def copy(self, pairs: Sequence[tuple[Tensor, Tensor]], after: Mark | None) -> Mark:
        """Begin to copy each (target, source), once the computing has passed `after`. Marks the end of the copies."""

    def computed(self) -> Mark:
        """Mark the end of the computing that was begun so far."""

    def await_copies(self, mark: Mark, since: Mark) -> None:
        """Let whatever computing is begun from now on wait for a mark of `copy`.

        Args:
            since: What `computed` gave before the copies were looked for: from then on the computing had nothing to do.
        """

    def stalled_seconds(self) -> float:
        """How long the computing has stood still like that since the last call, which waits for the last copies."""


class CudaCopyEngine:
    """Copies on a CUDA stream of its own, ordered by events. Sources must be page-locked, or copies are synchronous."""

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._stream = torch.cuda.Stream(device)
        self._waits: list[tuple[torch.cuda.Event, torch.cuda.Event]] = []

    def copy(self, pairs: Sequence[tuple[Tensor, Tensor]], after: Mark | None) -> Mark:
        with torch.cuda.stream(self._stream):
            if after is not None:
                assert isinstance(after, torch.cuda.Event)
                self._stream.wait_event(after)
            for target, source in pairs:
                target.copy_(source, non_blocking=True)
            # Whoever waits for the end of copies, to fill their source again, sleeps: other events are polled.
            copied: Mark = self._stream.record_event(torch.cuda.Event(blocking=True))
            return copied

    def computed(self) -> Mark:
        mark: Mark = torch.cuda.current_stream(self._device).record_event(torch.cuda.Event(enable_timing=True))
        return mark

    def await_copies(self, mark: Mark, since: Mark) -> None:
        assert isinstance(mark, torch.cuda.Event)
        assert isinstance(since, torch.cuda.Event)
        computing = torch.cuda.current_stream(self._device)
        computing.wait_event(mark)
        self._waits.append((since, computing.record_event(torch.cuda.Event(enable_timing=True))))

    def stalled_seconds(self) -> float:
        if self._waits:
            # A pass that was broken off may not have got there yet.
            self._waits[-1][1].synchronize()
        milliseconds: float = sum(since.elapsed_time(ended) for since, ended in self._waits)
        self._waits.clear()
        return milliseconds / 1000


class BlockingCopyEngine:
    """For devices that order copies and computing by themselves (Apple's): each copy is over when `copy` returns."""

    def __init__(self) -> None:
        self._stalled = 0.0

    def copy(self, pairs: Sequence[tuple[Tensor, Tensor]], after: Mark | None) -> Mark:
        for target, source in pairs:
            target.copy_(source)
        return _Moment()

    def computed(self) -> Mark:
        return _Moment()

    def await_copies(self, mark: Mark, since: Mark) -> None:
        assert isinstance(since, _Moment)
        self._stalled += time.perf_counter() - since.time

    def stalled_seconds(self) -> float:
        stalled, self._stalled = self._stalled, 0.0
        return stalled


class _Moment:
    """A mark that is passed when it is made."""

    def __init__(self) -> None:
        self.time = time.perf_counter()

    def synchronize(self) -> None:
        """It lies behind already."""

    def query(self) -> bool:
        return True


def copy_engine_for(device: torch.device) -> CopyEngine:
    return CudaCopyEngine(device) if device.type == "cuda" else BlockingCopyEngine()
