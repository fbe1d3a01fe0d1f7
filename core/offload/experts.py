"""Where the experts of a mixture-of-experts layer come from when a pass has chosen some of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from torch import Tensor

from core.models.spec import TensorGroup
from core.offload.scratch import Scratch
from core.offload.weight_stream import Parcel, WeightStream


class ResidentExperts:
    """All experts of a layer, in the memory of the compute device."""

    def __init__(self, experts: Sequence[Mapping[str, Tensor]]) -> None:
        self._experts = experts

    def weights(self, chosen: Sequence[int]) -> Iterator[Mapping[str, Tensor]]:
        return (self._experts[expert] for expert in chosen)


class PackedExperts:
    """All experts of a layer as stored, in the memory of the compute device; dequantised when they are chosen."""

    def __init__(self, groups: Sequence[TensorGroup], stored: Sequence[Mapping[str, Tensor]], scratch: Scratch) -> None:
        self._groups = groups
        self._stored = stored
        self._scratch = scratch

    def weights(self, chosen: Sequence[int]) -> Iterator[Mapping[str, Tensor]]:
        return (self._scratch.computable(self._groups[expert], self._stored[expert]) for expert in chosen)


class ExpertStream:
    """Brings the chosen experts of whichever layer asks.

    Attributes:
        bytes, experts: Totals of what was fetched.
    """

    def __init__(self, stream: WeightStream, scratch: Scratch, cancelled: Callable[[], bool]) -> None:
        self._stream = stream
        self._scratch = scratch
        self._cancelled = cancelled
        self._broken = False
        self.bytes = 0
        self.experts = 0

    @property
    def wait_seconds(self) -> float:
        """How long passes have waited for experts so far."""
        return self._stream.wait_seconds

    def fetch(self, parcels: Sequence[Parcel]) -> Iterator[Mapping[str, Tensor]]:
        """Their weights in the dtype of passes, one after the other; each lasts until the next is asked for.

        Raises ReadFailed, Cancelled. After that, or if not all were asked for, the next fetch starts over.
        """
        if self._broken:
            # Not where the last fetch broke off: nobody knows when Python ends an iterator that was left lying.
            self._stream.rewind()
        self._broken = True
        for parcel in parcels:
            self._stream.request(parcel)
        for parcel in parcels:
            weights = self._scratch.computable(parcel.group, self._stream.take(self._cancelled))
            self.bytes += parcel.group.bytes
            self.experts += 1
            yield weights
            self._stream.release()
        self._broken = False

    def close(self) -> None:
        self._stream.close()


class StreamedExperts:
    """The experts of a layer, fetched when they are chosen."""

    def __init__(self, stream: ExpertStream, parcels: Sequence[Parcel]) -> None:
        self._stream = stream
        self._parcels = parcels

    def weights(self, chosen: Sequence[int]) -> Iterator[Mapping[str, Tensor]]:
        return self._stream.fetch([self._parcels[expert] for expert in chosen])
