"""Measures how fast a drive delivers weights, and to how many threads, by reading a file as the engine reads it."""

from __future__ import annotations

import mmap
import time
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import cycle, islice
from pathlib import Path

from core.errors import ReadFailed
from core.machine.direct_file import CHUNK, DirectFile, open_direct
from core.machine.machine import Figure, Source
from core.machine.parallel_read import ParallelReader, Piece
from core.machine.profile import record, recorded
from core.sizes import format_size

THREADS = (1, 2, 4)
"""More were no faster on any drive that was tried."""

_ROUNDS = 3
"""Turns that each number of threads gets: a drive's speed drifts, and others use it too."""

_LONG = 256 << 20
"""Bytes from which on a file is begun again when it is read to its end: more than a drive keeps in a memory of its own.
Turns would be too short else, where what a drive owes or grants for the time before decides."""

_NEARLY = 0.95
"""Fewer threads are as good as more if they reach this share of their rate."""


@dataclass(frozen=True, slots=True)
class DriveSpeed:
    """What a drive delivers.

    Attributes:
        read: Bytes per second, read by `threads` threads.
        threads: The fewest threads that read nearly as fast as any number; None if the file was too short to tell,
            and one thread read it.
    """

    read: Figure
    threads: Figure | None


@dataclass(slots=True)
class _Tally:
    bytes: int = 0
    seconds: float = 0.0

    @property
    def rate(self) -> float:
        return self.bytes / self.seconds


def measure_drive(file: Path, seconds: float = 1.8) -> DriveSpeed:
    """Read `file` with 1, 2 and 4 threads in turn, for about `seconds`, or up to its end if it is short.

    A slow drive takes longer, for each number of threads must have its turn.

    Raises ReadFailed if the file cannot be read or is empty.
    """
    with open_direct(file) as stream:
        size = stream.identity().bytes
        if size == 0:
            raise ReadFailed(f"{file} is empty, so it shows no speed.", "Choose a larger file.")
        tallies = _take_turns(stream, size, seconds)
        way = f"buffered reads, because {stream.buffered_reason}" if stream.buffered_reason else "direct reads"
    chosen = fewest_threads({threads: tally.rate for threads, tally in tallies.items()})
    tally, when = tallies[chosen], datetime.now(UTC).date().isoformat()
    how = f"Read {format_size(tally.bytes)} of {file.name} in {tally.seconds:.2f} s by {_threads(chosen)}, {way}."
    read = Figure(tally.rate, Source.MEASURED, how, when)
    if len(tallies) < len(THREADS):
        return DriveSpeed(read, None)
    rates = ", ".join(f"{tally.rate / 1e9:.2f} GB/s by {_threads(threads)}" for threads, tally in tallies.items())
    return DriveSpeed(read, Figure(float(chosen), Source.MEASURED, f"Read {file.name} at {rates}.", when))


def fewest_threads(rates: Mapping[int, float]) -> int:
    """The fewest threads that read nearly as fast as the best number of those whose rates are given."""
    return min(threads for threads, rate in rates.items() if rate >= _NEARLY * max(rates.values()))


def survey_drive(folder: Path) -> DriveSpeed:
    """Measure the drive that holds a model, by its largest file of weights, and keep the figures for later plans.

    Raises:
        ReadFailed: There is no such file, or it cannot be read.
        OSError: The figures cannot be kept.
    """
    files = sorted(folder.glob("*.safetensors"), key=lambda file: file.stat().st_size)
    if not files:
        raise ReadFailed(f"{folder} holds no weights to read.", "Name a model with --model DIR.")
    speed = measure_drive(files[-1])
    if speed.threads is not None:
        record("drive_read", speed.read, folder)
        record("drive_threads", speed.threads, folder)
    elif recorded("drive_threads", folder) is None:
        # A short file comes in one burst, and says less than a long one did.
        record("drive_read", speed.read, folder)
    return speed


def _take_turns(stream: DirectFile, size: int, seconds: float) -> dict[int, _Tally]:
    """What each number of threads has read, and in what time. All are there unless the file ended before their turn."""
    tallies: dict[int, _Tally] = {}
    readers = {threads: ParallelReader(threads) for threads in THREADS}
    turns = _ROUNDS * len(THREADS)
    begin = time.perf_counter()
    chunks = range(0, size, CHUNK)
    # What is read through the page cache comes from there the second time.
    again = size >= _LONG and stream.buffered_reason is None
    offsets = cycle(chunks) if again else iter(chunks)
    most = None if again else max(size // CHUNK // turns, *THREADS)
    # All threads may read into the same memory: nobody looks at it.
    target = memoryview(mmap.mmap(-1, CHUNK))
    for threads in THREADS * _ROUNDS:
        reader, before, start = readers[threads], readers[threads].bytes_read, time.perf_counter()
        if start - begin >= seconds and len(tallies) == len(THREADS):
            break
        reader.read(_pieces(stream, islice(offsets, most), size, target, start + seconds / turns))
        if reader.bytes_read > before:
            tally = tallies.setdefault(threads, _Tally())
            tally.bytes += reader.bytes_read - before
            tally.seconds += time.perf_counter() - start
    for reader in readers.values():
        reader.close()
    return tallies


def _pieces(
    stream: DirectFile, offsets: Iterator[int], size: int, target: memoryview, end: float
) -> Generator[Piece, None, None]:
    """A turn's pieces, until it has had its share of the file or `end` has come."""
    for offset in offsets:
        yield Piece(stream, offset, target, min(CHUNK, size - offset))
        if time.perf_counter() >= end:
            return


def _threads(count: int) -> str:
    return "1 thread" if count == 1 else f"{count} threads"
