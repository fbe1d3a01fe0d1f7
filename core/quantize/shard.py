"""Writes one file of weights of a low-bit copy, from front to back, in memory for a few pieces of a tensor."""

from __future__ import annotations

import hashlib
import json
import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import torch
from torch import Tensor

from core.errors import Cancelled, ReadFailed, UnusableModel
from core.models.spec import TensorSpec
from core.offload.weight_reader import DTYPES
from core.quantize.recipe import Part, scale_dtype
from core.quantize.rounding import pack_words, round_weights

PIECE = 4 << 20
"""Bytes of a tensor that are read at once."""

_BLOCK = 1 << 17
"""Weights that are rounded at once: with all that is made of them on the way, they stay in a core's own cache."""

Rounded = tuple[Tensor, Tensor]
"""Words and scales of some rows."""


class ShardWriter:
    """Writes files, one after the other, rounding on some threads while the next piece is read.

    Args:
        threads: How many round.
        progress: Called with the bytes of each piece of the source that is done.
        cancelled: Polled at every piece.
    """

    def __init__(self, bits: int, threads: int, progress: Callable[[int], None], cancelled: Callable[[], bool]) -> None:
        self._bits = bits
        self._threads = threads
        self._progress = progress
        self._cancelled = cancelled

    def write(self, parts: Sequence[Part], file: Path) -> str:
        """Write a file, through to the drive. Returns its SHA-256.

        Raises:
            Cancelled; ReadFailed if a source ends early; UnusableModel if a weight is no finite number; OSError. What
            was written so far is left.
        """
        digest = hashlib.sha256()
        with file.open("wb") as out, ThreadPoolExecutor(self._threads) as pool:
            for piece in self._contents(parts, pool):
                out.write(piece)
                digest.update(piece)
            out.flush()
            os.fsync(out.fileno())
        return digest.hexdigest()

    def _contents(self, parts: Sequence[Part], pool: ThreadPoolExecutor) -> Iterator[bytes | memoryview]:
        yield _header(parts)
        scales: dict[str, list[Tensor]] = {}  # of tensors whose words are written, for they come later
        for part in parts:
            match part.kind:
                case "copy":
                    for piece in self._pieces(part.source, PIECE):
                        yield _bytes(piece)
                        self._progress(piece.numel())
                case "shape":
                    yield _bytes(torch.tensor(part.source.shape))
                case "words":
                    made = scales[part.source.name] = []
                    for words, of_rows in self._rounded(part, pool):
                        made.append(of_rows)
                        yield _bytes(words)
                case "scales":
                    yield from map(_bytes, scales.pop(part.source.name))

    def _rounded(self, part: Part, pool: ThreadPoolExecutor) -> Iterator[Rounded]:
        """The rows of a tensor in order, piece by piece, with as many in work as there are threads."""
        source = part.source
        row = source.bytes // source.shape[0]
        pending: deque[tuple[int, Future[Rounded]]] = deque()
        for piece in self._pieces(source, max(1, PIECE // row) * row):
            weights = piece.view(DTYPES[source.dtype]).view(-1, source.shape[1])
            pending.append((piece.numel(), pool.submit(_round, weights, self._bits, part)))
            if len(pending) > self._threads:
                yield self._finished(*pending.popleft(), part)
        while pending:
            yield self._finished(*pending.popleft(), part)

    def _finished(self, size: int, work: Future[Rounded], part: Part) -> Rounded:
        try:
            rounded = work.result()
        except ValueError as error:
            what = f"{part.source.name} holds a weight that is infinite or no number."
            raise UnusableModel(what, "Download the model again, or choose another version.") from error
        self._progress(size)
        return rounded

    def _pieces(self, tensor: TensorSpec, size: int) -> Iterator[Tensor]:
        """A tensor's bytes in uint8, so many at once, each in memory of its own."""
        try:
            with tensor.file.open("rb", buffering=0) as stream:
                stream.seek(tensor.offset)
                for start in range(0, tensor.bytes, size):
                    if self._cancelled():
                        raise Cancelled
                    piece = torch.empty(min(size, tensor.bytes - start), dtype=torch.uint8)
                    room = piece.numpy().data
                    while room:
                        count = stream.readinto(room)
                        if not count:
                            raise ReadFailed(f"{tensor.file} has become shorter.", "Download the model again.")
                        room = room[count:]
                    yield piece
        except OSError as error:
            raise ReadFailed(f"{tensor.file} cannot be read: {error.strerror}.", "Check the drive.") from error


def _header(parts: Sequence[Part]) -> bytes:
    entries: dict[str, object] = {"__metadata__": {"format": "pt"}}
    start = 0
    for part in parts:
        place = [start, start + part.bytes]
        entries[part.name] = {"dtype": part.dtype, "shape": part.shape, "data_offsets": place}
        start = place[1]
    text = json.dumps(entries, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text


def _round(weights: Tensor, bits: int, part: Part) -> Rounded:
    """Rows as they are stored -> their words and scales. Raises ValueError if a weight is no finite number."""
    rows, columns = weights.shape
    words = torch.empty((rows, part.shape[1]), dtype=torch.int32)
    scales = torch.empty((rows, columns // part.group), dtype=DTYPES[scale_dtype(part.source)])
    step = max(1, _BLOCK // columns)
    for start in range(0, rows, step):
        here = slice(start, start + step)
        numbers, scales[here] = round_weights(weights[here].float(), bits, part.group, scales.dtype)
        words[here] = pack_words(numbers, bits)
    return words, scales


def _bytes(tensor: Tensor) -> memoryview:
    return tensor.contiguous().view(-1).view(torch.uint8).numpy().data
