"""Keeps the weights coming that every pass uses, in the order of the pass, over and over."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from torch import Tensor

from core.offload.scratch import Scratch
from core.offload.weight_stream import Parcel, WeightStream


class PassStream:
    """Streamed layers, then slices of the head, as far ahead of the pass as the stream has slots.

    The end of one pass is followed by the start of the next: while trees are drafted its first layers arrive already.
    `begin_pass` must stand before the first `take` of each pass; it starts over if the last pass was broken off.

    Attributes:
        bytes: Total bytes of the weights that were taken.
    """

    def __init__(self, stream: WeightStream, parcels: Sequence[Parcel], slots: int, scratch: Scratch) -> None:
        self._stream = stream
        self._parcels = parcels
        self._slots = slots
        self._scratch = scratch
        self._requested = 0
        self._used = 0
        self._under_way = False
        self.bytes = 0
        self._look_ahead()

    @property
    def wait_seconds(self) -> float:
        """How long passes have waited for weights so far."""
        return self._stream.wait_seconds

    def begin_pass(self) -> None:
        # What failed while it was read ahead may have been mended since: it is read again before anybody complains.
        if self._under_way or self._stream.failed:
            self._stream.rewind()
            self._requested = self._used = 0
            self._look_ahead()
        self._under_way = True

    def take(self, cancelled: Callable[[], bool]) -> Mapping[str, Tensor]:
        """The next weights of the pass, in the dtype of passes. Raises ReadFailed, Cancelled."""
        parcel = self._parcels[self._used % len(self._parcels)]
        weights = self._scratch.computable(parcel.group, self._stream.take(cancelled))
        self.bytes += parcel.group.bytes
        return weights

    def release(self) -> None:
        """Give back what was taken last: it must not be used after this."""
        self._stream.release()
        self._used += 1
        self._under_way = self._used % len(self._parcels) != 0
        self._look_ahead()

    def close(self) -> None:
        self._stream.close()

    def _look_ahead(self) -> None:
        while self._requested < self._used + self._slots:
            self._stream.request(self._parcels[self._requested % len(self._parcels)])
            self._requested += 1
