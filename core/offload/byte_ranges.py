"""Which bytes of which files make up a group of tensors, and where they land in a staging buffer."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from core.models.spec import TensorGroup, TensorSpec

ALIGNMENT = 4096
"""Direct reads want file offsets, lengths and addresses in multiples of this."""

_BRIDGED_GAP = 1 << 16
"""Bytes between two tensors that are read along rather than skipped: one read is cheaper than two."""


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
    """How to read one group: its ranges, where each tensor then starts in the buffer, and how large that must be."""

    ranges: tuple[ByteRange, ...]
    tensor_offsets: tuple[tuple[TensorSpec, int], ...]
    buffer_bytes: int


def plan_reads(group: TensorGroup) -> ReadPlan:
    """Merge a group's tensors into as few aligned reads as their files allow."""
    ranges: list[ByteRange] = []
    offsets: list[tuple[TensorSpec, int]] = []
    buffer_offset = 0
    run: list[TensorSpec] = []

    def close_run() -> None:
        nonlocal buffer_offset
        if not run:
            return
        start = run[0].offset // ALIGNMENT * ALIGNMENT
        end = max(tensor.offset + tensor.bytes for tensor in run)
        size = -(-(end - start) // ALIGNMENT) * ALIGNMENT
        ranges.append(ByteRange(run[0].file, start, size, end - start, buffer_offset))
        offsets.extend((tensor, buffer_offset + tensor.offset - start) for tensor in run)
        buffer_offset += size
        run.clear()

    for tensor in sorted(group.tensors, key=lambda tensor: (str(tensor.file), tensor.offset)):
        if run and (run[-1].file != tensor.file or tensor.offset - (run[-1].offset + run[-1].bytes) > _BRIDGED_GAP):
            close_run()
        run.append(tensor)
    close_run()
    return ReadPlan(tuple(ranges), tuple(offsets), buffer_offset)
