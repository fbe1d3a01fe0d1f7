"""Reading weights from files into aligned buffers, past the page cache where the file system allows."""

from __future__ import annotations

import mmap
from collections.abc import Callable, Generator, Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import Tensor

from core.errors import ReadFailed
from core.machine.direct_file import ALIGNMENT, CHUNK, DirectFile, Identity, open_direct
from core.machine.parallel_read import ParallelReader, Piece
from core.offload.byte_ranges import ReadPlan

_SHARE = 1 << 20
"""Bytes that are not divided between threads any more: they would gain nothing."""

DTYPES = {
    "F64": torch.float64,
    "F32": torch.float32,
    "F16": torch.float16,
    "BF16": torch.bfloat16,
    "F8_E4M3": torch.float8_e4m3fn,
    "F8_E5M2": torch.float8_e5m2,
    "F8_E8M0": torch.float8_e8m0fnu,
    "I64": torch.int64,
    "I32": torch.int32,
    "I16": torch.int16,
    "I8": torch.int8,
    "U8": torch.uint8,
    "BOOL": torch.bool,
}
"""Torch's dtypes by the names of safetensors headers."""


class StagingBuffer:
    """Page-aligned memory that files are read into and tensors are viewed in.

    Attributes:
        bytes: Its size.
        page_locked: Whether it may not be swapped out, so that an NVIDIA device copies out of it by itself.
    """

    def __init__(self, size: int) -> None:
        self.bytes = size
        self.page_locked = False
        self.memory = memoryview(mmap.mmap(-1, max(size, 1)))
        self._bytes = torch.frombuffer(self.memory, dtype=torch.uint8)
        self._undo = ExitStack()

    @property
    def address(self) -> int:
        return self._bytes.data_ptr()

    def on_close(self, undo: Callable[[], object]) -> None:
        """Have something that was done to the memory undone before it goes."""
        self._undo.callback(undo)

    def close(self) -> None:
        """Give the memory back to the system, at once or with the last tensor that still views it."""
        self._undo.close()
        self.memory = memoryview(b"")
        self._bytes = torch.empty(0, dtype=torch.uint8)

    def view(self, plan: ReadPlan) -> dict[str, Tensor]:
        """The tensors of a group that was read here, by name, sharing this memory."""
        return {
            tensor.name: self._bytes[start : start + tensor.bytes].view(DTYPES[tensor.dtype]).view(tensor.shape)
            for tensor, start in plan.tensor_offsets
        }


@dataclass(slots=True)
class FileHistory:
    """What the readers of one model tell each other.

    Attributes:
        identities: What each file was when it was first opened.
        failures: How often reading has failed so far. What was opened before the last failure is opened anew: a drive
            that was pulled out and is back is another one to the system, and what was open on the old one stays dead.
    """

    identities: dict[Path, Identity] = field(default_factory=dict)
    failures: int = 0


class WeightReader:
    """Reads groups of tensors from checkpoint files that it keeps open. For one thread, though it reads with several.

    After a failed read it can be used again. From the first opening on a file must stay what it was, because the
    weights of a model belong together.

    Args:
        threads: How many read at once.
        history: Shared by all readers of a model.

    Attributes:
        buffered_reason: Why reads go through the page cache, or None while they are direct.
    """

    def __init__(self, threads: int = 1, history: FileHistory | None = None) -> None:
        self._reader = ParallelReader(threads)
        self._files: dict[Path, DirectFile] = {}
        self._history = history or FileHistory()
        self._failures_known = self._history.failures
        self.buffered_reason: str | None = None

    @property
    def bytes_read(self) -> int:
        """Total since the start."""
        return self._reader.bytes_read

    def open(self, paths: Iterable[Path]) -> None:
        """Open files ahead of their first read: from now on they must stay what they are. Raises ReadFailed."""
        for path in paths:
            self._open(path)

    def read(self, plan: ReadPlan, buffer: StagingBuffer, cancelled: Callable[[], bool] = lambda: False) -> bool:
        """Fill `buffer` as `plan` says. Returns False if `cancelled` became true on the way.

        `cancelled` is called by any of the threads, though never by two at once.

        Raises ReadFailed if a file is gone, short, changed, or cannot be read.
        """
        complete = True
        if self._failures_known != self._history.failures:
            self._failures_known = self._history.failures
            self._close_files()

        def pieces() -> Generator[Piece, None, None]:
            nonlocal complete
            memory = buffer.memory
            size = self._piece_bytes(plan)
            for part in plan.ranges:
                file = self._open(part.file)
                for start in range(0, part.bytes, size):
                    if cancelled():
                        complete = False
                        return
                    target = memory[part.buffer_offset :][start : min(start + size, part.bytes)]
                    yield Piece(file, part.offset + start, target, min(size, part.needed - start))

        try:
            self._reader.read(pieces())
            for path in {part.file for part in plan.ranges}:
                self._check(path)
        except ReadFailed:
            self._close_files()
            self._history.failures += 1
            raise
        return complete

    def close(self) -> None:
        self._reader.close()
        self._close_files()

    def _piece_bytes(self, plan: ReadPlan) -> int:
        """The most to read at once: such that every thread gets something, if there is enough for all."""
        share = -(-plan.buffer_bytes // self._reader.threads)
        return -(-min(max(share, _SHARE), CHUNK) // ALIGNMENT) * ALIGNMENT

    def _open(self, path: Path) -> DirectFile:
        if path not in self._files:
            file = self._files[path] = open_direct(path)
            self._history.identities.setdefault(path, file.identity())
            self._check(path)
            self.buffered_reason = self.buffered_reason or file.buffered_reason
        return self._files[path]

    def _check(self, path: Path) -> None:
        if path in self._files and self._files[path].identity() != self._history.identities[path]:
            raise ReadFailed(
                f"{path} is not the file any more that it was when its model was loaded.", "Load the model again."
            )

    def _close_files(self) -> None:
        for file in self._files.values():
            file.close()
        self._files.clear()
