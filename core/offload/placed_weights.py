"""Puts every weight of a model where a plan says, and has it on the compute device when a pass needs it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from core.models.experts import ExpertSource
from core.models.grouping import HEAD, NORM
from core.models.spec import ModelSpec, TensorGroup
from core.models.transformer import Transformer
from core.offload.carving import carved_bytes
from core.offload.copy_engine import CopyEngine
from core.offload.embedding import DriveEmbedding, Embedding, HeldEmbedding
from core.offload.experts import ExpertStream, PackedExperts, ResidentExperts, StreamedExperts
from core.offload.head import Head, PackedHead, ResidentHead, StreamedHead, sliced
from core.offload.idle_time import IdleTime, Work
from core.offload.loading import Wanted, load_resident, load_waiting
from core.offload.page_locking import lock_pages, unlock_pages
from core.offload.pass_stream import PassStream
from core.offload.places import Places
from core.offload.scratch import Scratch
from core.offload.weight_reader import FileHistory, StagingBuffer, WeightReader
from core.offload.weight_stream import DeviceStream, HostStream, Parcel, WeightStream
from core.planning.plan import Tier

_RAM = torch.device("cpu")

Weights = Mapping[str, Tensor]


class PlacedWeights:
    """The weights of one model in their tiers.

    Resident weights are held in the compute dtype, or stay packed if the plan says so. Streamed ones travel as they are
    stored, from the drive or from RAM, and are dequantised or converted on arrival. Layers and then slices of the head
    come in the order of the pass; experts when a layer's router has chosen them; of the embedding just the rows that a
    pass uses.

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
        # A layer is computed while the experts come that it has chosen.
        self._expert_scratch = Scratch(dtype, device)
        self._largest_layer = max(layer.bytes for layer in spec.layers)
        self._readers: list[WeightReader] = []
        self._history = FileHistory()
        self._waiting: list[StagingBuffer] = []
        self._waiting_reader = self._reader()
        self._packed: dict[int, Weights] = {}
        self._idle = IdleTime()
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
    def lent_seconds(self) -> float:
        """How much of the time in which passes had to wait for weights was used for other work so far."""
        return self._idle.seconds

    @property
    def busy_seconds(self) -> float:
        """How long weights that every pass uses were being read so far."""
        return self._stream.busy_seconds if self._stream is not None else 0.0

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

    @property
    def resident(self) -> bool:
        """Whether all weights lie on the compute device as it computes with them."""
        return self._keeps_table and not self._streams() and not self._places.packed

    def begin_pass(self, meanwhile: Work | None) -> None:
        """Args: meanwhile: What to do while weights are awaited."""
        self._idle.offer(meanwhile)
        if self._stream is not None:
            self._stream.begin_pass()

    def end_pass(self) -> None:
        if self._stream is not None:
            self._stream.end_pass()

    @contextmanager
    def lent(self, layer: int) -> Iterator[None]:
        """Within this context the layer's module has its weights. Raises ReadFailed, Cancelled."""
        slots = self._modules.layers[layer]
        if layer in self._packed:
            slots.fill(self._scratch.computable(self._spec.layers[layer], self._packed[layer]))
            try:
                yield
            finally:
                slots.clear()
            return
        if self._places.layers[layer] is self._places.resident:
            yield
            return
        assert self._stream is not None
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
                settle: Callable[[Weights], None] = modules.layers[index].fill
                if self._dtype_of(layer) is None:
                    settle = partial(self._packed.__setitem__, index)
                keep.append((layer, settle))
            if places.experts[index] is places.resident:
                keep.extend((expert, experts[index].append) for expert in spec.expert_groups[index])
        wanted = [Wanted(group, self._dtype_of(group)) for group, _ in keep]
        loaded = load_resident(wanted, self._reader(), self._device, self._progress, self._cancelled)
        for (_, use), weights in zip(keep, loaded, strict=True):
            use(weights)
        for index, weights_of_layer in experts.items():
            self._set_experts(index, self._kept_experts(spec.expert_groups[index], weights_of_layer))
        self._set_ends(matrices)

    def _dtype_of(self, group: TensorGroup) -> torch.dtype | None:
        """What a resident group is held in; None if it stays as stored. The final norm gains nothing by that."""
        stays = self._places.packed and group.packed and group is not self._ends.norm
        return None if stays else self._dtype

    def _kept_experts(self, groups: Sequence[TensorGroup], held: Sequence[Weights]) -> ExpertSource:
        if any(self._dtype_of(group) is None for group in groups):
            return PackedExperts(groups, held, self._expert_scratch)
        return ResidentExperts(held)

    def _set_ends(self, matrices: Mapping[str, Weights]) -> None:
        """Make embedding and head from what is resident of them; `_stream_pass` makes a head that is not."""
        ends = self._ends
        if "table" in matrices:
            packed = ends.table.only if self._dtype_of(ends.table) is None else None
            self.embedding = HeldEmbedding(matrices["table"], packed, self._dtype, self._device)
        elif self._places.embedding is Tier.RAM and not ends.tied:
            reader = self._reader()
            (held,) = load_resident([Wanted(ends.table, None)], reader, _RAM, self._progress, self._cancelled)
            self.embedding = HeldEmbedding(held, ends.table.only, self._dtype, self._device)
        else:
            # A table that is the head too travels with it in slices, of which rows are not to be had.
            self.embedding = DriveEmbedding(ends.table, self._reader(), self._dtype, self._device)
        if self._keeps_head:
            matrix = matrices["table" if ends.tied else "head"]
            if self._dtype_of(ends.head) is None:
                self.head = PackedHead(ends.head, matrix, self._largest_layer, self._scratch)
            else:
                self.head = ResidentHead(matrix["weight"])

    def _stream_pass(self) -> None:
        """Let layers and slices of the head come that do not stay."""
        spec, places = self._spec, self._places
        streamed = [
            (layer, tier) for layer, tier in zip(spec.layers, places.layers, strict=True) if tier is not places.resident
        ]
        slices: list[TensorGroup] = []
        if not self._keeps_head:
            slices = sliced(self._ends.head, self._largest_layer)
        streamed += [(part, places.head) for part in slices]
        parcels = [self._parcel(group, tier) for group, tier in streamed]
        if parcels:
            stream = self._stream_of(parcels, places.staging_slots)
            self._stream = PassStream(stream, parcels, places.staging_slots, self._scratch, self._idle)
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
            self._experts = ExpertStream(stream, self._expert_scratch, self._cancelled)
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
        table = spec.embedding.alone("weight", "weight")
        norm = spec.head.alone(NORM, "weight")
        head = table if spec.tied_embeddings else spec.head.alone(HEAD, "weight")
        return cls(norm, table, head, spec.tied_embeddings)
