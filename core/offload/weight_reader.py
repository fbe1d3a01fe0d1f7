"""Reading weights from files into aligned buffers, past the page cache where the file system allows."""

from __future__ import annotations

import errno
import io
import mmap
import os
import sys
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor

from core.errors import ReadFailed
from core.offload.byte_ranges import ByteRange, ReadPlan

_CHUNK = 8 << 20
"""Bytes of one read: enough for full speed on any drive, and a cancel is answered after one."""

_DIRECT = sys.platform in ("linux", "darwin")

DTYPES = {
    "F64": torch.float64,
    "F32": torch.float32,
    "F16": torch.float16,
    "BF16": torch.bfloat16,
    "I64": torch.int64,
    "I32": torch.int32,
    "I16": torch.int16,
    "I8": torch.int8,
    "U8": torch.uint8,
    "BOOL": torch.bool,
}
"""Torch's dtypes by the names of safetensors headers."""


class StagingBuffer:
    """Page-aligned memory that files are read into and tensors are viewed in."""

    def __init__(self, size: int) -> None:
        self.memory = mmap.mmap(-1, max(size, 1))
        self._bytes = torch.frombuffer(self.memory, dtype=torch.uint8)

    def view(self, plan: ReadPlan) -> dict[str, Tensor]:
        """The tensors of a group that was read here, by name, sharing this memory."""
        return {
            tensor.name: self._bytes[start : start + tensor.bytes].view(DTYPES[tensor.dtype]).view(tensor.shape)
            for tensor, start in plan.tensor_offsets
        }


class WeightReader:
    """Reads groups of tensors from checkpoint files that it keeps open. For one thread.

    Attributes:
        bytes_read: Total since the start.
        buffered_reason: Why reads go through the page cache, or None while they are direct.
    """

    def __init__(self) -> None:
        self._files: dict[Path, io.FileIO] = {}
        self.bytes_read = 0
        self.buffered_reason = None if _DIRECT else "direct reads are not made on this system yet"

    def read(self, plan: ReadPlan, buffer: StagingBuffer, cancelled: Callable[[], bool] = lambda: False) -> bool:
        """Fill `buffer` as `plan` says. Returns False if `cancelled` became true on the way.

        Raises ReadFailed if a file is gone, short, or cannot be read.
        """
        return all(self._read_range(part, buffer, cancelled) for part in plan.ranges)

    def close(self) -> None:
        for file in self._files.values():
            file.close()
        self._files.clear()

    def _read_range(self, part: ByteRange, buffer: StagingBuffer, cancelled: Callable[[], bool]) -> bool:
        done = 0
        with memoryview(buffer.memory)[part.buffer_offset : part.buffer_offset + part.bytes] as target:
            while done < part.needed:
                if cancelled():
                    return False
                chunk = target[done : done + _CHUNK]
                try:
                    count = self._read_chunk(part.file, part.offset + done, chunk)
                except OSError as error:
                    raise ReadFailed(
                        f"{part.file} could not be read: {error.strerror}.",
                        "Check that the drive is connected and healthy, then load the model again.",
                    ) from error
                done += count
                if count < len(chunk) and done < part.needed:
                    raise ReadFailed(
                        f"{part.file} ended {part.needed - done:,} bytes too early while its weights were read.",
                        "The file was changed or cut off: restore it and load the model again.",
                    )
        self.bytes_read += done
        return True

    def _read_chunk(self, path: Path, offset: int, target: memoryview) -> int:
        file = self._files.get(path)
        try:
            if file is None:
                file = self._files[path] = io.FileIO(path, opener=self._open)
            file.seek(offset)
            return file.readinto(target) or 0
        except OSError as error:
            if error.errno != errno.EINVAL or self.buffered_reason is not None:
                raise
            # tmpfs and some network file systems turn direct reads down: go on with plain ones, and say so.
            self.buffered_reason = "this file system refuses direct reads"
            self.close()
            return self._read_chunk(path, offset, target)

    def _open(self, path: str, flags: int) -> int:
        if self.buffered_reason is None and sys.platform == "linux":
            flags |= os.O_DIRECT
        descriptor = os.open(path, flags)
        if self.buffered_reason is None and sys.platform == "darwin":
            import fcntl

            fcntl.fcntl(descriptor, fcntl.F_NOCACHE, 1)
        return descriptor
