"""Reads the header of a safetensors file as hostile input: what it says is believed only once the file bears it out.

The layout is the format's own: 8 bytes with the header's length, the header in JSON, then the tensors' bytes without
gap or overlap up to the end of the file. Knows nothing of models.
"""

from __future__ import annotations

import json
import math
import stat
from pathlib import Path
from typing import Any

from core.errors import UnusableModel
from core.models.spec import DTYPE_BYTES, TensorSpec
from core.sizes import format_size

LARGEST_HEADER = 100_000_000
"""Bytes; the format's own bound. The header of a 70B shard has some thousands."""

MOST_DIMENSIONS = 8
LFS_POINTER = b"version https://git-lfs.github.com/spec/"
AGAIN = "Download the file again."


def read_header(file: Path) -> tuple[TensorSpec, ...]:
    """The tensors of a safetensors file in the order in which they lie in it.

    Raises:
        UnusableModel: The file cannot be read, is cut off, or its header does not describe it.
    """
    text, data_start, file_size = _header_text(file)
    header = _parse(file, text)
    header.pop("__metadata__", None)
    tensors = [_tensor(file, name, entry, data_start) for name, entry in header.items()]
    tensors.sort(key=lambda tensor: (tensor.offset, tensor.bytes))
    _check_cover(file, tensors, data_start, file_size)
    return tuple(tensors)


def _header_text(file: Path) -> tuple[bytes, int, int]:
    """The header's bytes, where the tensors' bytes start, and the size of the file."""
    try:
        status = file.stat()
        if not stat.S_ISREG(status.st_mode):  # Opening a pipe would wait for ever.
            raise UnusableModel(f"{file} is not a file.", AGAIN)
        with file.open("rb") as stream:
            start = stream.read(len(LFS_POINTER))
            if start == LFS_POINTER:
                raise UnusableModel(
                    f"{file} is a Git LFS pointer, not the weights themselves.",
                    "Run `git lfs pull` in the model's folder, or download the file again.",
                )
            length = int.from_bytes(start[:8], "little")
            if start[8:9] != b"{" or length > LARGEST_HEADER:
                raise UnusableModel(f"{file} is not a safetensors file.", AGAIN)
            if 8 + length > status.st_size:
                raise _too_short(file, 8 + length - status.st_size)
            stream.seek(8)
            return stream.read(length), 8 + length, status.st_size
    except OSError as error:
        raise UnusableModel(
            f"{file} cannot be read: {error.strerror}.", "Check that it is there and that you may read it."
        ) from error


def _parse(file: Path, text: bytes) -> dict[str, Any]:
    try:
        # Tensors named twice would hide one behind the other.
        header: dict[str, Any] = json.loads(text, object_pairs_hook=_unique)
    except (ValueError, RecursionError) as error:
        raise UnusableModel(f"The header of {file} is damaged: it is not valid JSON.", AGAIN) from error
    return header


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) < len(pairs):
        raise ValueError("a name occurs twice")
    return table


def _tensor(file: Path, name: str, entry: Any, data_start: int) -> TensorSpec:
    match entry:
        case {"dtype": str(dtype), "shape": list(shape), "data_offsets": [begin, end]} if _is_count(begin, end):
            pass
        case _:
            raise _damaged(file, f"{name} lacks a type, a shape or a place")
    if dtype not in DTYPE_BYTES:
        raise UnusableModel(
            f"{file} holds {name} in the number format {dtype!r}, which Penjing does not know.",
            "Choose another version of the model.",
        )
    if len(shape) > MOST_DIMENSIONS or not _is_count(*shape):
        raise _damaged(file, f"{name} has no valid shape")
    if begin > end:
        raise _damaged(file, f"{name} ends before it begins")
    expected = math.prod(shape) * DTYPE_BYTES[dtype]
    if end - begin != expected:
        raise _damaged(file, f"{name} of shape {shape} in {dtype} needs {expected:,} bytes and has {end - begin:,}")
    return TensorSpec(name, file, data_start + begin, end - begin, dtype, tuple(shape))


def _is_count(*values: Any) -> bool:
    return all(type(value) is int and value >= 0 for value in values)  # JSON's true would pass for an int.


def _check_cover(file: Path, tensors: list[TensorSpec], data_start: int, file_size: int) -> None:
    """Tensors in order of place fill the file to its last byte, none over another."""
    end, before = data_start, "the header"
    for tensor in tensors:
        if tensor.offset < end:
            raise _damaged(file, f"{tensor.name} overlaps {before}")
        if tensor.offset > end:
            raise _damaged(file, f"there is a gap between {before} and {tensor.name}")
        end, before = tensor.offset + tensor.bytes, tensor.name
    if end > file_size:
        raise _too_short(file, end - file_size)
    if end < file_size:
        raise UnusableModel(f"{file} is {_amount(file_size - end)} longer than its header says.", AGAIN)


def _too_short(file: Path, missing: int) -> UnusableModel:
    return UnusableModel(f"{file} is {_amount(missing)} shorter than its header says: the download was cut off.", AGAIN)


def _damaged(file: Path, why: str) -> UnusableModel:
    return UnusableModel(f"The header of {file} is damaged: {why}.", AGAIN)


def _amount(size: int) -> str:
    return format_size(size) if size >= 2**20 else f"{size:,} bytes"
