"""Puts every weight of a model where a plan says, and has it on the compute device when a pass needs it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial

import torch
from torch import Tensor

from core.models.experts import ExpertSource
from core.models.grouping import NORM
from core.models.spec import ModelSpec, TensorGroup, TensorSpec
from core.models.transformer import Transformer
from core.offload.copy_engine import CopyEngine
from core.offload.embedding import DriveEmbedding, Embedding, HeldEmbedding
from core.offload.experts import ExpertStream, ResidentExperts, StreamedExperts
from core.offload.head import Head, ResidentHead, StreamedHead, sliced
from core.offload.loading import load_resident, load_waiting
from core.offload.page_locking import lock_pages, unlock_pages
from core.offload.pass_stream import PassStream
from core.offload.places import Places
from core.offload.scratch import Scratch
from core.offload.weight_reader import DTYPES, FileHistory, StagingBuffer, WeightReader
from core.offload.weight_stream import DeviceStream, HostStream, Parcel, WeightStream, carved_bytes
from core.planning.plan import Tier

_RAM = torch.device("cpu")

Weights = Mapping[str, Tensor]


class PlacedWeights:
    """The weights of one model in their tiers.

    Resident weights are held in the compute dtype. Streamed ones travel as they are stored, from the drive or from RAM,
    and are converted on arrival if that is another dtype. Layers and then slices of the head come in the order of the
    pass; experts when a layer's router has chosen them; of the embedding just the rows that a pass uses.

    Attributes:
        embedding, head: The ends of the model.
        pageable_bytes: Of what waits in RAM for an accelerator, the bytes whose pages the system refused to lock.
    """

    embedding: Embedding
    head: Head

    def __init__(
        self,
        spec: ModelSpec,
        places: Places,
        modules: Transformer,
        dtype: torch.dtype,
        device: torch.device,
        engine: CopyEngine | None,
        progress: Callable[[int], None],
        cancelled: Callable[[], bool],
    ) -> None:
        """Load what does not come from the drive at each pass, into `modules` where it belongs there.

        Args:
            engine: How weights get to the device; None if it computes from RAM.
            progress: Called with the bytes of each piece as it is loaded.
            cancelled: Polled now and in passes.

        Raises:
            ReadFailed, Cancelled.
        """
        self._spec = spec
        self._places = places
        self._modules = modules
        self._dtype = dtype
        self._device = device
        self._engine = engine
        self._progress = progress
        self._cancelled = cancelled
        self._ends = ends = _Ends.of(spec)
        # A head that is tied to the embedding is the same bytes: where one stays, both do.
        either = ends.tied and places.resident in (places.embedding, places.head)
        self._keeps_table = either or places.embedding is places.resident
        self._keeps_head = either or places.head is places.resident
        self._scratch = Scratch(dtype, device)
        self._readers: list[WeightReader] = []
        self._history = FileHistory()
        self._waiting: list[StagingBuffer] = []
        self._waiting_reader = self._reader()
        self._stream: PassStream | None = None
        self._experts: ExpertStream | None = None
        self.pageable_bytes = 0
        try:
            self._waiting_reader.open({tensor.file for group in spec.groups for tensor in group.tensors})
            self._keep_resident()
            self._stream_pass()
            self._stream_experts()
            self._waiting_reader.close()
        except BaseException:
            # Whatever ended the load, a cancel included: neither files nor threads may outlive it.
            self.close()
            raise

    @property
    def wait_seconds(self) -> float:
        """How long passes have waited for weights so far."""
        return sum(stream.wait_seconds for stream in self._streams())

    @property
    def bytes_streamed(self) -> int:
        """Bytes of weights that have travelled for passes so far."""
        return sum(stream.bytes for stream in self._streams())

    @property
    def experts_streamed(self) -> int:
        """Experts that have travelled for passes so far, each counted as often as it came."""
        return self._experts.experts if self._experts is not None else 0

    @property
    def buffered_reason(self) -> str | None:
        """Why weights are read through the page cache, or None if they are read past it."""
        return next((reader.buffered_reason for reader in self._readers if reader.buffered_reason), None)

    def begin_pass(self) -> None:
        if self._stream is not None:
            self._stream.begin_pass()

    @contextmanager
    def lent(self, layer: int) -> Iterator[None]:
        """Within this context the layer's module has its weights. Raises ReadFailed, Cancelled."""
        if self._places.layers[layer] is self._places.resident:
            yield
            return
        assert self._stream is not None
        slots = self._modules.layers[layer]
        slots.fill(self._stream.take(self._cancelled))
        try:
            yield
        finally:
            slots.clear()
            self._stream.release()

    def close(self) -> None:
        """Stop reading and let the weights go."""
        for stream in self._streams():
            stream.close()
        for reader in self._readers:
            reader.close()
        for buffer in self._waiting:
            buffer.close()

    def _keep_resident(self) -> None:
        """Load the weights that stay on the compute device, all in one go."""
        spec, places, modules, ends = self._spec, self._places, self._modules, self._ends
        keep: list[tuple[TensorGroup, Callable[[Weights], None]]] = [(ends.norm, modules.norm.fill)]
        matrices: dict[str, Weights] = {}
        experts: dict[int, list[Weights]] = defaultdict(list)
        if self._keeps_table:
            keep.append((ends.table, partial(matrices.__setitem__, "table")))
        if self._keeps_head and not ends.tied:
            keep.append((ends.head, partial(matrices.__setitem__, "head")))
        for index, layer in enumerate(spec.layers):
            if places.layers[index] is places.resident:
                keep.append((layer, modules.layers[index].fill))
            if places.experts[index] is places.resident:
                keep.extend((expert, experts[index].append) for expert in spec.expert_groups[index])
        groups = [group for group, _ in keep]
        reader = self._reader()
        loaded = load_resident(groups, reader, self._dtype, self._device, self._progress, self._cancelled)
        for (_, settle), weights in zip(keep, loaded, strict=True):
            settle(weights)
        for index, weights_of_layer in experts.items():
            self._set_experts(index, ResidentExperts(weights_of_layer))
        self._set_ends(matrices)

    def _set_ends(self, matrices: Mapping[str, Weights]) -> None:
        """Make embedding and head from what is resident of them; `_stream_pass` makes a head that is not."""
        table = self._ends.table.tensors[0]
        if "table" in matrices:
            self.embedding = HeldEmbedding(matrices["table"]["weight"], self._dtype, self._device)
        elif self._places.embedding is Tier.RAM and not self._ends.tied:
            reader = self._reader()
            stored = DTYPES[table.dtype]
            (held,) = load_resident([self._ends.table], reader, stored, _RAM, self._progress, self._cancelled)
            self.embedding = HeldEmbedding(held["weight"], self._dtype, self._device)
        else:
            # A table that is the head too travels with it in slices, of which rows are not to be had.
            self.embedding = DriveEmbedding(table, self._reader(), self._dtype, self._device)
        if self._keeps_head:
            self.head = ResidentHead(matrices["table" if self._ends.tied else "head"]["weight"])

    def _stream_pass(self) -> None:
        """Let layers and slices of the head come that do not stay."""
        spec, places = self._spec, self._places
        streamed = [
            (layer, tier) for layer, tier in zip(spec.layers, places.layers, strict=True) if tier is not places.resident
        ]
        slices: list[TensorGroup] = []
        if not self._keeps_head:
            slices = sliced(self._ends.head.tensors[0], max(layer.bytes for layer in spec.layers))
        streamed += [(part, places.head) for part in slices]
        parcels = [self._parcel(group, tier) for group, tier in streamed]
        if parcels:
            stream = self._stream_of(parcels, places.staging_slots)
            self._stream = PassStream(stream, parcels, places.staging_slots, self._scratch)
            if slices:
                self.head = StreamedHead(self._stream, slices)

    def _stream_experts(self) -> None:
        """Let experts come, when they are chosen, that do not stay."""
        places = self._places
        parcels = {
            index: [self._parcel(expert, places.experts[index]) for expert in experts]
            for index, experts in enumerate(self._spec.expert_groups)
            if experts and places.experts[index] is not places.resident
        }
        if parcels:
            everything = [parcel for of_layer in parcels.values() for parcel in of_layer]
            stream = self._stream_of(everything, places.expert_slots)
            scratch = Scratch(self._dtype, self._device)
            self._experts = ExpertStream(stream, scratch, self._cancelled)
            for index, of_layer in parcels.items():
                self._set_experts(index, StreamedExperts(self._experts, of_layer))

    def _set_experts(self, layer: int, source: ExpertSource) -> None:
        place = self._modules.experts[layer]
        assert place is not None
        place.source = source

    def _parcel(self, group: TensorGroup, tier: Tier) -> Parcel:
        """A group that travels: from the drive, or from RAM, into which it is loaded now."""
        if tier is Tier.SSD:
            return Parcel.on_drive(group)
        parcel = load_waiting(group, self._waiting_reader, self._cancelled)
        self._progress(group.bytes)
        assert parcel.waiting is not None
        self._waiting.append(parcel.waiting)
        # What the system refused once it will refuse again.
        if self._device.type != "cuda" or self.pageable_bytes or not lock_pages(parcel.waiting):
            self.pageable_bytes += group.bytes
        return parcel

    def _stream_of(self, parcels: Sequence[Parcel], slots: int) -> WeightStream:
        """A stream whose slots hold the largest of these."""
        buffers = []
        if not all(parcel.page_locked for parcel in parcels):
            # Any of them may come through: what waits is unlocked if the ring cannot be locked otherwise.
            largest = max(parcel.plan.buffer_bytes for parcel in parcels)
            buffers = [StagingBuffer(largest) for _ in range(slots)]
        if self._device.type == "cuda":
            for buffer in buffers:
                self._lock_ring(buffer)
        host = HostStream(buffers, self._reader())
        if self._engine is None:
            return host
        slot_bytes = max(carved_bytes(parcel.group) for parcel in parcels)
        try:
            return DeviceStream(host, slots, slot_bytes, self._device, self._engine)
        except RuntimeError:  # the device has no room for the slots
            host.close()
            raise

    def _lock_ring(self, buffer: StagingBuffer) -> None:
        """Lock a buffer that many parcels pass through: it matters more than any that waits."""
        locked = [waiting for waiting in self._waiting if waiting.page_locked]
        while not lock_pages(buffer) and locked:
            unlock_pages(locked[-1])
            self.pageable_bytes += locked.pop().bytes

    def _reader(self) -> WeightReader:
        reader = WeightReader(self._places.reading_threads, self._history)
        self._readers.append(reader)
        return reader

    def _streams(self) -> list[PassStream | ExpertStream]:
        return [stream for stream in (self._stream, self._experts) if stream is not None]


@dataclass(frozen=True, slots=True)
class _Ends:
    """Final norm, embedding table and output head, each alone in a group, as the tensor "weight".

    Attributes:
        tied: Whether the head is the table.
    """

    norm: TensorGroup
    table: TensorGroup
    head: TensorGroup
    tied: bool

    @classmethod
    def of(cls, spec: ModelSpec) -> _Ends:
        table = _alone(spec.embedding.tensors[0])
        tensors = {tensor.name: tensor for tensor in spec.head.tensors}
        norm = _alone(tensors.pop(NORM))
        return cls(norm, table, _alone(*tensors.values()) if tensors else table, tied=not tensors)


def _alone(tensor: TensorSpec) -> TensorGroup:
    return TensorGroup("", (replace(tensor, name="weight"),))
