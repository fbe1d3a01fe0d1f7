"""Copies between RAM and an accelerator that run beside its computing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import torch
from torch import Tensor


class Mark(Protocol):
    """A point in the work of a device."""

    def synchronize(self) -> None:
        """Block the calling thread until the device has got there."""


class CopyEngine(Protocol):
    """Copies on a line of work of their own, ordered against the computing by marks, never by waiting.

    `copy` is called from another thread than the rest.
    """

    def copy(self, pairs: Sequence[tuple[Tensor, Tensor]], after: Mark | None) -> Mark:
        """Begin to copy each (target, source), once the computing has passed `after`. Marks the end of the copies."""

    def computed(self) -> Mark:
        """Mark the end of the computing that was begun so far."""

    def await_copies(self, mark: Mark) -> None:
        """Let whatever computing is begun from now on wait for a mark of `copy`."""

    def stalled_seconds(self) -> float:
        """How long the computing has stood waiting for copies since the last call; the device must be idle."""


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
            copied: Mark = self._stream.record_event()
            return copied

    def computed(self) -> Mark:
        mark: Mark = torch.cuda.current_stream(self._device).record_event()
        return mark

    def await_copies(self, mark: Mark) -> None:
        assert isinstance(mark, torch.cuda.Event)
        computing = torch.cuda.current_stream(self._device)
        begun = computing.record_event(torch.cuda.Event(enable_timing=True))
        computing.wait_event(mark)
        self._waits.append((begun, computing.record_event(torch.cuda.Event(enable_timing=True))))

    def stalled_seconds(self) -> float:
        milliseconds: float = sum(begun.elapsed_time(ended) for begun, ended in self._waits)
        self._waits.clear()
        return milliseconds / 1000


class BlockingCopyEngine:
    """For devices that order copies and computing by themselves (Apple's): each copy is over when `copy` returns."""

    def copy(self, pairs: Sequence[tuple[Tensor, Tensor]], after: Mark | None) -> Mark:
        for target, source in pairs:
            target.copy_(source)
        return _PASSED

    def computed(self) -> Mark:
        return _PASSED

    def await_copies(self, mark: Mark) -> None:
        mark.synchronize()

    def stalled_seconds(self) -> float:
        return 0.0


class _Passed:
    def synchronize(self) -> None:
        """It lies behind already."""


_PASSED = _Passed()


def copy_engine_for(device: torch.device) -> CopyEngine:
    return CudaCopyEngine(device) if device.type == "cuda" else BlockingCopyEngine()
