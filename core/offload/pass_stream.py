"""Keeps the weights coming that every pass uses, in the order of the pass, over and over."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

from torch import Tensor

from core.offload.idle_time import IdleTime
from core.offload.scratch import Scratch
from core.offload.weight_stream import Parcel, WeightStream


class PassStream:
    """Streamed layers, then slices of the head, as far ahead of the pass as the stream has slots.

    The end of one pass is followed by the start of the next: while trees are drafted its first layers arrive already.
    `begin_pass` must stand before the first `take` of each pass; it starts over if the last pass was broken off. While
    `take` has to wait, the time is lent.

    Attributes:
        bytes: Total bytes of the weights that were taken.
    """

    def __init__(
        self, stream: WeightStream, parcels: Sequence[Parcel], slots: int, scratch: Scratch, idle: IdleTime
    ) -> None:
        self._stream = stream
        self._idle = idle
        self._began = 0.0
        self._slack = 0.0
        self._parcels = parcels
        self._slots = slots
        self._scratch = scratch
        self._requested = 0
        self._used = 0
        self._under_way = False
        self._lends_slot = False
        self.bytes = 0
        self._look_ahead()

    @property
    def wait_seconds(self) -> float:
        """How long passes have waited for weights so far."""
        return self._stream.wait_seconds

    @property
    def busy_seconds(self) -> float:
        """How long weights were being read so far."""
        return self._stream.busy_seconds

    def begin_pass(self) -> None:
        # What failed while it was read ahead may have been mended since: it is read again before anybody complains.
        if self._under_way or self._stream.failed:
            self._stream.rewind()
            self._requested = self._used = 0
            self._lends_slot = False
            self._look_ahead()
        self._under_way = True
        self._began = time.perf_counter()

    def end_pass(self) -> None:
        """Take note of the pace of passes: while all slots but one are filled at it, nobody need take any."""
        self._slack = (self._slots - 1) * (time.perf_counter() - self._began) / len(self._parcels)

    def take(self, cancelled: Callable[[], bool]) -> Mapping[str, Tensor]:
        """The next weights of the pass, in the dtype of passes. Raises ReadFailed, Cancelled."""
        parcel = self._parcels[self._used % len(self._parcels)]
        self._idle.use(self._stream, self._slack)
        stored = self._stream.take(cancelled)
        weights = self._scratch.computable(parcel.group, stored)
        self._used += 1
        self._lends_slot = weights is stored
        if not self._lends_slot:
            # What was dequantised needs its slot no more: the next read does.
            self._free_slot()
        self.bytes += parcel.group.bytes
        return weights

    def release(self) -> None:
        """Give back what was taken last: it must not be used after this."""
        if self._lends_slot:
            self._free_slot()
        self._under_way = self._used % len(self._parcels) != 0

    def close(self) -> None:
        self._stream.close()

    def _free_slot(self) -> None:
        self._stream.release()
        self._lends_slot = False
        self._look_ahead()

    def _look_ahead(self) -> None:
        while self._requested < self._used + self._slots:
            self._stream.request(self._parcels[self._requested % len(self._parcels)])
            self._requested += 1
