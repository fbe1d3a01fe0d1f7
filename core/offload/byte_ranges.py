"""Which bytes of which files make up a group of tensors, and where they land in a staging buffer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from core.machine.direct_file import ALIGNMENT
from core.models.spec import TensorGroup, TensorSpec

BRIDGED_GAP = 1 << 16
"""Bytes that are read along rather than skipped: one read is cheaper than two."""


@dataclass(frozen=True, slots=True)
class ByteRange:
    """An aligned stretch of a file and its place in the buffer.

    `needed` is how many of its `bytes` the tensors reach into: the last block of a file may end early.
    """

    file: Path
    offset: int
    bytes: int
    needed: int
    buffer_offset: int


@dataclass(frozen=True, slots=True)
class ReadPlan:
    """How to read one group: its ranges, where each tensor then starts in the buffer, and how large that must be.

    Tensors are in the order of the group.
    """

    ranges: tuple[ByteRange, ...]
    tensor_offsets: tuple[tuple[TensorSpec, int], ...]
    buffer_bytes: int


def plan_reads(group: TensorGroup, bridged_gap: int = BRIDGED_GAP) -> ReadPlan:
    """Merge a group's tensors into as few aligned reads as their files allow.

    Args:
        bridged_gap: Bytes between the blocks of two tensors that are read along.
    """
    tensors = group.tensors
    starts = [0] * len(tensors)
    ranges: list[ByteRange] = []
    buffer_bytes = 0
    for run in _runs(tensors, bridged_gap):
        first = tensors[run[0]]
        offset = _block_start(first.offset)
        needed = max(tensors[index].offset + tensors[index].bytes for index in run) - offset
        size = _block_end(needed)
        ranges.append(ByteRange(first.file, offset, size, needed, buffer_bytes))
        for index in run:
            starts[index] = buffer_bytes + tensors[index].offset - offset
        buffer_bytes += size
    return ReadPlan(tuple(ranges), tuple(zip(tensors, starts, strict=True)), buffer_bytes)


def _runs(tensors: tuple[TensorSpec, ...], bridged_gap: int) -> Iterator[list[int]]:
    """The indices of tensors that lie close together in one file, in the order in which they lie there."""
    run: list[int] = []
    end = 0
    for index in sorted(range(len(tensors)), key=lambda index: (str(tensors[index].file), tensors[index].offset)):
        tensor = tensors[index]
        if run and (tensors[run[0]].file != tensor.file or _block_start(tensor.offset) - _block_end(end) > bridged_gap):
            yield run
            run = []
        end = max(end if run else 0, tensor.offset + tensor.bytes)
        run.append(index)
    if run:
        yield run


def _block_start(offset: int) -> int:
    return offset // ALIGNMENT * ALIGNMENT


def _block_end(offset: int) -> int:
    return -(-offset // ALIGNMENT) * ALIGNMENT
