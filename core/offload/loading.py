"""Loads weights that stay: read ahead through a few small buffers, while those before are put in place."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from core.errors import Cancelled
from core.models.dequantise.arena import Arena
from core.models.spec import TensorGroup, TensorSpec
from core.offload.byte_ranges import plan_reads
from core.offload.carving import carve, carved_bytes, unpack
from core.offload.page_locking import lock_pages
from core.offload.weight_reader import StagingBuffer, WeightReader
from core.offload.weight_stream import HostStream, Parcel
from core.planning.weights import LOADING_SLOT_BYTES, LOADING_SLOTS


@dataclass(frozen=True, slots=True)
class Wanted:
    """A group to be loaded.

    Attributes:
        dtype: What its weights will be held in, dequantised if they are packed; None to hold its tensors as stored.
    """

    group: TensorGroup
    dtype: torch.dtype | None


def load_resident(
    wanted: Sequence[Wanted],
    reader: WeightReader,
    device: torch.device,
    progress: Callable[[int], None],
    cancelled: Callable[[], bool],
) -> list[dict[str, Tensor]]:
    """Each group's weights, or its tensors as stored, by name.

    They lie in one stretch of memory: what is allocated tensor by tensor takes up to a quarter more of an accelerator.

    Args:
        reader: Closed when this returns.
        progress: Called with the bytes of each piece that has been loaded.

    Raises:
        ReadFailed; Cancelled if `cancelled` became true.
    """
    sizes = [carved_bytes(one.group, one.dtype) for one in wanted]
    stretches = torch.empty(sum(sizes), dtype=torch.uint8, device=device).split(sizes)
    loaded = [carve(stretch, one.group, one.dtype) for stretch, one in zip(stretches, wanted, strict=True)]
    portions = list(_portions(wanted, loaded))
    parcels = [Parcel.on_drive(_together(portion)) for portion in portions]
    arena = Arena(device)
    size = max((parcel.plan.buffer_bytes for parcel in parcels), default=0)
    buffers = [StagingBuffer(size) for _ in range(min(LOADING_SLOTS, len(parcels)))]
    if device.type == "cuda":
        for buffer in buffers:
            lock_pages(buffer)
    stream = HostStream(buffers, reader)
    try:
        for parcel in parcels:
            stream.request(parcel)
        for portion, parcel in zip(portions, parcels, strict=True):
            # Where the drive is the faster one, nothing is ever waited for, and `take` does not look.
            if cancelled():
                raise Cancelled
            arrived = stream.take(cancelled)
            for at, (piece, target) in enumerate(portion):
                stored = {tensor.name: arrived[f"{at} {tensor.name}"] for tensor in piece.tensors}
                if piece.packed:
                    # Packed bytes travel, and are dequantised where they will be used.
                    stored = {name: tensor.to(device) for name, tensor in stored.items()}
                unpack(piece, stored, target, arena)
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


_Piece = tuple[TensorGroup, Mapping[str, Tensor]]
"""A group of one weight, or of some rows of a tensor, and the places of what is made of it."""


def _portions(wanted: Sequence[Wanted], loaded: Sequence[Mapping[str, Tensor]]) -> Iterator[list[_Piece]]:
    """Pieces in portions of about the size of a loading slot."""
    portion: list[_Piece] = []
    size = 0
    for one, places in zip(wanted, loaded, strict=True):
        for piece in _pieces(one, places):
            if portion and size + piece[0].bytes > LOADING_SLOT_BYTES:
                yield portion
                portion, size = [], 0
            portion.append(piece)
            size += piece[0].bytes
    if portion:
        yield portion


def _pieces(one: Wanted, places: Mapping[str, Tensor]) -> Iterator[_Piece]:
    """A group cut such that each piece can be made by itself, about in the order of the files."""
    group = one.group
    for tensor in group.tensors if one.dtype is None else group.plain:
        for stretch, target in _stretches(tensor, places[tensor.name]):
            yield TensorGroup("", (stretch,)), {tensor.name: target}
    if one.dtype is not None:
        for weight in group.packed:
            yield group.alone(weight.name, weight.name), {weight.name: places[weight.name]}


def _together(portion: Sequence[_Piece]) -> TensorGroup:
    """What is read for a portion; the number of its piece stands before each tensor's name."""
    tensors = [
        replace(tensor, name=f"{at} {tensor.name}") for at, (piece, _) in enumerate(portion) for tensor in piece.tensors
    ]
    return TensorGroup("", tuple(tensors))


def _stretches(tensor: TensorSpec, target: Tensor) -> Iterator[tuple[TensorSpec, Tensor]]:
    """A tensor cut along its rows into stretches that fit into a loading slot, each with its part of the target."""
    if tensor.bytes <= LOADING_SLOT_BYTES or not tensor.shape:
        yield tensor, target
        return
    rows = max(1, LOADING_SLOT_BYTES * tensor.shape[0] // tensor.bytes)
    for start in range(0, tensor.shape[0], rows):
        end = min(start + rows, tensor.shape[0])
        yield tensor.rows(start, end), target[start:end]
