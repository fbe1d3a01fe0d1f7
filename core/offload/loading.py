"""Loads weights that stay: read ahead through a few small buffers, while those before are put in place."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import torch
from torch import Tensor

from core.errors import Cancelled
from core.models.spec import TensorGroup, TensorSpec
from core.offload.byte_ranges import plan_reads
from core.offload.page_locking import lock_pages
from core.offload.weight_reader import StagingBuffer, WeightReader
from core.offload.weight_stream import HostStream, Parcel, carve, carved_bytes
from core.planning.memory import LOADING_SLOT_BYTES, LOADING_SLOTS


def load_resident(
    groups: Sequence[TensorGroup],
    reader: WeightReader,
    dtype: torch.dtype,
    device: torch.device,
    progress: Callable[[int], None],
    cancelled: Callable[[], bool],
) -> list[dict[str, Tensor]]:
    """Each group's tensors by name.

    They lie in one stretch of memory: what is allocated tensor by tensor takes up to a quarter more of an accelerator.

    Args:
        reader: Closed when this returns.
        progress: Called with the bytes of each piece that has been loaded.

    Raises:
        ReadFailed; Cancelled if `cancelled` became true.
    """
    sizes = [carved_bytes(group, dtype) for group in groups]
    stretches = torch.empty(sum(sizes), dtype=torch.uint8, device=device).split(sizes)
    loaded = [carve(stretch, group, dtype) for stretch, group in zip(stretches, groups, strict=True)]
    pieces = list(_pieces(groups, loaded))
    parcels = [
        Parcel.on_drive(TensorGroup("", tuple(replace(source, name=str(at)) for at, (source, _) in enumerate(piece))))
        for piece in pieces
    ]
    size = max((parcel.plan.buffer_bytes for parcel in parcels), default=0)
    buffers = [StagingBuffer(size) for _ in range(min(LOADING_SLOTS, len(parcels)))]
    if device.type == "cuda":
        for buffer in buffers:
            lock_pages(buffer)
    stream = HostStream(buffers, reader)
    try:
        for parcel in parcels:
            stream.request(parcel)
        for piece, parcel in zip(pieces, parcels, strict=True):
            # Where the drive is the faster one, nothing is ever waited for, and `take` does not look.
            if cancelled():
                raise Cancelled
            weights = stream.take(cancelled)
            for at, (_, target) in enumerate(piece):
                target.copy_(weights[str(at)])
            stream.release()
            progress(parcel.group.bytes)
    finally:
        stream.close()
    return loaded


def load_waiting(group: TensorGroup, reader: WeightReader, cancelled: Callable[[], bool]) -> Parcel:
    """A group as it is stored, in a buffer in RAM. Raises ReadFailed, Cancelled."""
    plan = plan_reads(group)
    buffer = StagingBuffer(plan.buffer_bytes)
    if not reader.read(plan, buffer, cancelled):
        raise Cancelled
    return Parcel(group, plan, buffer)


def _pieces(
    groups: Sequence[TensorGroup], targets: Sequence[dict[str, Tensor]]
) -> Iterator[list[tuple[TensorSpec, Tensor]]]:
    """Stretches of rows of the tensors, and where each belongs, in portions of about the size of a loading slot."""
    portion: list[tuple[TensorSpec, Tensor]] = []
    for group, places in zip(groups, targets, strict=True):
        for tensor in group.tensors:
            for stretch, target in _stretches(tensor, places[tensor.name]):
                if portion and sum(source.bytes for source, _ in portion) + stretch.bytes > LOADING_SLOT_BYTES:
                    yield portion
                    portion = []
                portion.append((stretch, target))
    if portion:
        yield portion


def _stretches(tensor: TensorSpec, target: Tensor) -> Iterator[tuple[TensorSpec, Tensor]]:
    """A tensor cut along its rows into stretches that fit into a loading slot, each with its part of the target."""
    if tensor.bytes <= LOADING_SLOT_BYTES or not tensor.shape:
        yield tensor, target
        return
    rows = max(1, LOADING_SLOT_BYTES * tensor.shape[0] // tensor.bytes)
    for start in range(0, tensor.shape[0], rows):
        end = min(start + rows, tensor.shape[0])
        yield tensor.rows(start, end), target[start:end]
