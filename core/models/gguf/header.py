"""Reads the header of a GGUF file as hostile input: what it says is believed only once the file bears it out.

The layout is the format's own: "GGUF", a version, how many tensors and entries there are, the entries (a name, a type
and a value each), a description of every tensor, and their bytes, each at a multiple of an alignment. Knows nothing of
models.
"""

from __future__ import annotations

import math
import stat
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO

from core.errors import UnusableModel
from core.models.formats.ggml import GGML_TYPES, GgmlType

MAGIC = b"GGUF"
VERSIONS = (2, 3)
MOST_ENTRIES, MOST_TENSORS, MOST_DIMENSIONS = 100_000, 1_000_000, 4
LONGEST_NAME = 1 << 16
MOST_NUMBERS = 1 << 20
"""Entries of an array of numbers or texts that are kept; longer ones belong to no model. A vocabulary has 300,000."""

AGAIN = "Download the file again."
OTHER_VERSION = "Choose another version of the model."

_NUMBERS = {0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<?", 10: "<Q", 11: "<q", 12: "<d"}
_TEXT, _ARRAY = 8, 9


@dataclass(frozen=True, slots=True)
class GgufTensor:
    """A tensor's place in a file. `shape` is in the order of other libraries: rows first."""

    name: str
    file: Path
    offset: int
    bytes: int
    type: GgmlType
    shape: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class GgufHeader:
    """What a file says of itself: numbers, texts, truths and lists of them, by name; and its tensors."""

    entries: dict[str, Any]
    tensors: tuple[GgufTensor, ...]


def read_gguf(file: Path) -> GgufHeader:
    """
    Raises:
        UnusableModel: The file cannot be read, is cut off, or its header does not describe it.
    """
    try:
        status = file.stat()
        if not stat.S_ISREG(status.st_mode):  # Opening a pipe would wait for ever.
            raise UnusableModel(f"{file} is not a file.", AGAIN)
        return _read(file, status.st_size, status.st_mtime_ns)
    except OSError as error:
        raise UnusableModel(
            f"{file} cannot be read: {error.strerror}.", "Check that it is there and that you may read it."
        ) from error


@lru_cache(maxsize=4)
def _read(file: Path, size: int, _changed: int) -> GgufHeader:
    """Kept, because a vocabulary takes a while: the model is opened first, then its tokenizer."""
    with file.open("rb") as stream:
        cursor = _Cursor(file, stream, size)
        if cursor.read(4) != MAGIC:
            raise UnusableModel(f"{file} is not a GGUF file.", AGAIN)
        version = cursor.number("<I")
        if version not in VERSIONS:
            raise UnusableModel(f"{file} is of version {version} of GGUF, which Penjing does not know.", OTHER_VERSION)
        tensors, entries = cursor.count(MOST_TENSORS, "tensors"), cursor.count(MOST_ENTRIES, "entries")
        described: dict[str, Any] = {}
        for _ in range(entries):
            name = cursor.text(LONGEST_NAME)
            if name in described:
                raise cursor.damaged(f"{name} occurs twice")
            described[name] = cursor.value()
        heads = [_TensorHead.read(cursor) for _ in range(tensors)]
        start = _aligned(cursor.position, _alignment(cursor, described))
    return GgufHeader(described, tuple(_placed(cursor, heads, start, _alignment(cursor, described))))


class _Cursor:
    """Reads what a file of a known size holds, one thing after the other."""

    def __init__(self, file: Path, stream: BinaryIO, size: int) -> None:
        self.file = file
        self._stream = stream
        self.size = size
        self.position = 0

    def damaged(self, why: str) -> UnusableModel:
        return UnusableModel(f"The header of {self.file} is damaged: {why}.", AGAIN)

    def read(self, length: int) -> bytes:
        if length > self.size - self.position:
            raise UnusableModel(f"{self.file} ends within its header: the download was cut off.", AGAIN)
        self.position += length
        found = self._stream.read(length)
        if len(found) < length:
            raise UnusableModel(f"{self.file} is shorter than it was a moment ago.", AGAIN)
        return found

    def number(self, form: str) -> Any:
        return struct.unpack(form, self.read(struct.calcsize(form)))[0]

    def count(self, most: int, what: str) -> int:
        number: int = self.number("<Q")
        if number > most:
            raise self.damaged(f"it has {number:,} {what}")
        return number

    def text(self, longest: int | None = None) -> str:
        length: int = self.number("<Q")
        if longest is not None and length > longest:
            raise self.damaged(f"a name has {length:,} bytes")
        try:
            return self.read(length).decode()
        except UnicodeDecodeError:
            if longest is not None:
                raise self.damaged("a name is not UTF-8") from None
            return ""

    def value(self) -> Any:
        kind = self.number("<I")
        if kind == _ARRAY:
            return self._array()
        return self._single(kind)

    def _single(self, kind: int) -> Any:
        if kind == _TEXT:
            return self.text()
        if kind not in _NUMBERS:
            raise self.damaged(f"a value has the unknown type {kind}")
        return self.number(_NUMBERS[kind])

    def _array(self) -> list[Any]:
        kind, length = self.number("<I"), self.count(MOST_NUMBERS, "entries in an array")
        if kind == _TEXT:
            return [self.text() for _ in range(length)]
        if kind not in _NUMBERS:
            raise self.damaged(f"an array has the unknown type {kind}")
        form = _NUMBERS[kind]
        return list(struct.unpack(f"<{length}{form[1]}", self.read(length * struct.calcsize(form))))


@dataclass(frozen=True, slots=True)
class _TensorHead:
    """What a header says of a tensor; `offset` counts from where tensors start."""

    name: str
    shape: tuple[int, ...]
    type: int
    offset: int

    @classmethod
    def read(cls, cursor: _Cursor) -> _TensorHead:
        name = cursor.text(LONGEST_NAME)
        dimensions = cursor.number("<I")
        if not 1 <= dimensions <= MOST_DIMENSIONS:
            raise cursor.damaged(f"{name} has {dimensions} dimensions")
        sizes = [cursor.number("<Q") for _ in range(dimensions)]
        return cls(name, tuple(reversed(sizes)), cursor.number("<I"), cursor.number("<Q"))


def _alignment(cursor: _Cursor, entries: dict[str, Any]) -> int:
    alignment = entries.get("general.alignment", 32)
    if type(alignment) is not int or alignment < 1 or alignment > 1 << 16 or alignment & (alignment - 1):
        raise cursor.damaged(f"its alignment is {alignment!r}")
    return alignment


def _placed(cursor: _Cursor, heads: list[_TensorHead], start: int, alignment: int) -> Iterator[GgufTensor]:
    """Where tensors are, once that is found to be possible: none over another, none behind the end."""
    names: set[str] = set()
    end = start
    for head in sorted(heads, key=lambda head: head.offset):
        if head.name in names:
            raise cursor.damaged(f"{head.name} occurs twice")
        names.add(head.name)
        if head.type not in GGML_TYPES:
            raise UnusableModel(
                f"{cursor.file} holds {head.name} in a format that Penjing does not know (type {head.type}).",
                f"Choose a version of the model in one of: {', '.join(kind.name for kind in GGML_TYPES.values())}.",
            )
        kind = GGML_TYPES[head.type]
        elements = math.prod(head.shape)
        if not elements or head.shape[-1] % kind.elements:
            raise cursor.damaged(f"{head.name} of shape {list(head.shape)} cannot be in blocks of {kind.elements}")
        size, offset = elements // kind.elements * kind.bytes, start + head.offset
        if head.offset % alignment or offset < end:
            raise cursor.damaged(f"{head.name} lies over another tensor, or between two places")
        end = offset + size
        if end > cursor.size:
            raise UnusableModel(
                f"{cursor.file} is {end - cursor.size:,} bytes shorter than its header says: the download was cut off.",
                AGAIN,
            )
        yield GgufTensor(head.name, cursor.file, offset, size, kind, head.shape)


def _aligned(position: int, alignment: int) -> int:
    return -(-position // alignment) * alignment
