"""Delivers groups of weights to the compute device in the order in which they are asked for, while it computes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import torch
from torch import Tensor

from core.models.spec import TensorGroup
from core.offload.byte_ranges import ReadPlan, plan_reads
from core.offload.carving import carve
from core.offload.copy_engine import CopyEngine, Mark
from core.offload.slot_ring import SlotRing
from core.offload.weight_reader import StagingBuffer, WeightReader


@dataclass(frozen=True, slots=True)
class Parcel:
    """Weights that travel together.

    Attributes:
        plan: Which bytes of which files they are, and where those lie in a buffer.
        waiting: A buffer in RAM that holds them already; None if they are read from the drive each time.
    """

    group: TensorGroup
    plan: ReadPlan
    waiting: StagingBuffer | None = None

    @property
    def page_locked(self) -> bool:
        """Whether an accelerator can copy it from where it waits."""
        return self.waiting is not None and self.waiting.page_locked

    @classmethod
    def on_drive(cls, group: TensorGroup) -> Parcel:
        return cls(group, plan_reads(group))


class WeightStream(Protocol):
    """What `SlotRing` says of requests and slots holds here of parcels and their weights."""

    def request(self, parcel: Parcel) -> None: ...

    def take(self, cancelled: Callable[[], bool]) -> Mapping[str, Tensor]:
        """The weights of the oldest parcel that was not taken, by name, as stored, on the compute device."""

    def release(self) -> None: ...

    def rewind(self) -> None: ...

    def close(self) -> None: ...

    @property
    def failed(self) -> bool: ...

    @property
    def ready(self) -> bool:
        """Whether `take` would neither wait nor let the device wait; or raise."""

    @property
    def wait_seconds(self) -> float:
        """How long passes have waited for weights so far."""

    @property
    def busy_seconds(self) -> float:
        """How long weights were being read so far."""


@dataclass(slots=True)
class _HostSlot:
    """A buffer in RAM, what lies in it, and the copies out of it that may still be under way."""

    buffer: StagingBuffer
    parcel: Parcel | None = None
    leaving: Mark | None = None

    @property
    def weights(self) -> dict[str, Tensor]:
        assert self.parcel is not None
        return self.buffer.view(self.parcel.plan)


class HostStream:
    """Brings parcels into buffers in RAM."""

    def __init__(self, buffers: Iterable[StagingBuffer], reader: WeightReader) -> None:
        self._reader = reader
        self._slots = [_HostSlot(buffer) for buffer in buffers]
        self._ring = SlotRing(self._slots, self._fill, "weight reader")
        self._lent: list[_HostSlot] = []

    @property
    def failed(self) -> bool:
        return self._ring.failed

    @property
    def ready(self) -> bool:
        return self._ring.next is not None or self._ring.failed

    @property
    def wait_seconds(self) -> float:
        return self._ring.wait_seconds

    @property
    def busy_seconds(self) -> float:
        return self._ring.busy_seconds

    def request(self, parcel: Parcel) -> None:
        self._ring.request(parcel)

    def take(self, cancelled: Callable[[], bool]) -> dict[str, Tensor]:
        slot = self._ring.take(cancelled)
        self._lent.append(slot)
        return slot.weights

    def release(self, leaving: Mark | None = None) -> None:
        """Args: leaving: Copies out of the buffer that must be over before it is filled again."""
        self._lent.pop(0).leaving = leaving
        self._ring.release()

    def rewind(self) -> None:
        self._ring.rewind()
        self._lent.clear()

    def close(self) -> None:
        self._ring.close()
        self._reader.close()
        for slot in self._slots:
            if slot.leaving is not None:
                slot.leaving.synchronize()
            slot.buffer.close()

    def _fill(self, parcel: Parcel, slot: _HostSlot, outdated: Callable[[], bool]) -> None:
        if slot.leaving is not None:
            slot.leaving.synchronize()
            slot.leaving = None
        slot.parcel = parcel
        if parcel.waiting is None:
            self._reader.read(parcel.plan, slot.buffer, outdated)
        else:
            waiting = parcel.waiting.view(parcel.plan)
            for name, tensor in slot.weights.items():
                tensor.copy_(waiting[name])


@dataclass(slots=True)
class _DeviceSlot:
    """Memory of the device, the weights in it, when they have arrived, and when the computing no longer needs them."""

    memory: Tensor
    weights: dict[str, Tensor] = field(default_factory=dict)
    arrived: Mark | None = None
    used: Mark | None = None


class DeviceStream:
    """Brings parcels on into the memory of an accelerator.

    What waits in page-locked RAM is copied from there, everything else goes through `host`. Neither copying nor
    computing is ever waited for by the thread that computes: their order is kept by marks.

    Args:
        slot_bytes: The largest of `device_bytes` over all parcels that will come.
    """

    def __init__(self, host: HostStream, slots: int, slot_bytes: int, device: torch.device, engine: CopyEngine) -> None:
        self._host = host
        self._engine = engine
        memory = [torch.empty(slot_bytes, dtype=torch.uint8, device=device) for _ in range(slots)]
        # The memory may have been something else's until now, which the device is not done with.
        self._slots = [_DeviceSlot(stretch, used=engine.computed()) for stretch in memory]
        self._ring = SlotRing(self._slots, self._fill, "weight copier")
        self._lent: list[_DeviceSlot] = []
        self._stalled = 0.0

    @property
    def failed(self) -> bool:
        return self._ring.failed or self._host.failed

    @property
    def ready(self) -> bool:
        slot = self._ring.next
        if slot is None:
            return self.failed
        assert slot.arrived is not None
        return slot.arrived.query()

    @property
    def busy_seconds(self) -> float:
        return self._host.busy_seconds

    @property
    def wait_seconds(self) -> float:
        self._stalled += self._engine.stalled_seconds()
        return self._stalled

    def request(self, parcel: Parcel) -> None:
        if not parcel.page_locked:
            self._host.request(parcel)
        self._ring.request(parcel)

    def take(self, cancelled: Callable[[], bool]) -> dict[str, Tensor]:
        since = self._engine.computed()
        slot = self._ring.take(cancelled)
        self._lent.append(slot)
        assert slot.arrived is not None
        self._engine.await_copies(slot.arrived, since)
        return slot.weights

    def release(self) -> None:
        self._lent.pop(0).used = self._engine.computed()
        self._ring.release()

    def rewind(self) -> None:
        self._ring.rewind()
        self._host.rewind()
        # A broken-off pass may still be computing with what it had taken.
        for slot in self._lent:
            slot.used = self._engine.computed()
        self._lent.clear()

    def close(self) -> None:
        self._ring.close()
        try:
            for slot in self._slots:
                if slot.arrived is not None:
                    # Nobody may take away the memory that is still copied from, or to.
                    slot.arrived.synchronize()
        finally:
            self._host.close()

    def _fill(self, parcel: Parcel, slot: _DeviceSlot, outdated: Callable[[], bool]) -> None:
        slot.weights = carve(slot.memory, parcel.group)
        direct = parcel.waiting if parcel.page_locked else None
        source = direct.view(parcel.plan) if direct is not None else self._host.take(outdated)
        slot.arrived = self._engine.copy(
            [(target, source[name]) for name, target in slot.weights.items()], after=slot.used
        )
        if direct is None:
            self._host.release(leaving=slot.arrived)
