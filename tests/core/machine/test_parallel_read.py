"""Pieces of files arrive whole, by as many threads as asked for, however little a read brings at once."""

from __future__ import annotations

import mmap
import os
import time
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from threading import Barrier, Thread, get_ident

import pytest

from core.errors import ReadFailed
from core.machine.direct_file import ALIGNMENT, DirectFile
from core.machine.parallel_read import ParallelReader, Piece

BLOCKS = 12


class MemoryFile(DirectFile):
    """A file in memory. `on_read` is told each offset and says how many bytes that read may bring."""

    def __init__(self, content: bytes, on_read: Callable[[int], int] = lambda offset: 1 << 40) -> None:
        super().__init__(Path("weights"), direct=True)
        self._content = content
        self._on_read = on_read

    def close(self) -> None:
        """Nothing was opened."""

    def _read(self, offset: int, target: memoryview) -> int:
        most = min(len(target), self._on_read(offset))
        found = self._content[offset : offset + most]
        target[: len(found)] = found
        return len(found)

    def _status(self) -> os.stat_result:
        raise NotImplementedError


@pytest.fixture(params=[1, 3])
def reader(request: pytest.FixtureRequest) -> Iterator[ParallelReader]:
    reader = ParallelReader(request.param)
    yield reader
    reader.close()


def pieces(file: DirectFile, memory: memoryview, needed: int, blocks: int = 2) -> Generator[Piece, None, None]:
    """The first `needed` bytes of a file, some blocks at a time."""
    size = blocks * ALIGNMENT
    for offset in range(0, needed, size):
        yield Piece(file, offset, memory[offset : offset + size], min(size, needed - offset))


def room(blocks: int = BLOCKS) -> memoryview:
    return memoryview(mmap.mmap(-1, blocks * ALIGNMENT))


@pytest.mark.parametrize("most", [1 << 40, ALIGNMENT, ALIGNMENT + 512, 2 * ALIGNMENT - 1])
def test_a_read_that_brings_less_is_continued_at_a_whole_block(reader: ParallelReader, most: int) -> None:
    content = os.urandom(BLOCKS * ALIGNMENT - 300)
    offsets = []

    def on_read(offset: int) -> int:
        offsets.append(offset)
        return most

    memory = room()
    reader.read(pieces(MemoryFile(content, on_read), memory, len(content)))
    assert memory[: len(content)] == content
    assert all(offset % ALIGNMENT == 0 for offset in offsets)
    assert reader.bytes_read == len(content)


@pytest.mark.parametrize("length", [0, 100, 3 * ALIGNMENT, 3 * ALIGNMENT + 5])
def test_a_file_that_ends_too_early_says_where(reader: ParallelReader, length: int) -> None:
    with pytest.raises(ReadFailed, match=f"weights ended at byte {length:,}, before all its weights were read"):
        reader.read(pieces(MemoryFile(os.urandom(length)), room(), length + 1, blocks=BLOCKS))


def test_as_many_threads_read_at_once_as_were_asked_for() -> None:
    reader, everyone, threads = ParallelReader(4), Barrier(4, timeout=20), set()

    def on_read(offset: int) -> int:
        everyone.wait()
        threads.add(get_ident())
        return 1 << 40

    reader.read(pieces(MemoryFile(bytes(BLOCKS * ALIGNMENT), on_read), room(), BLOCKS * ALIGNMENT, blocks=1))
    reader.close()
    assert len(threads) == 4
    assert get_ident() not in threads


def test_a_single_thread_is_the_callers_own() -> None:
    threads = set()

    def on_read(offset: int) -> int:
        threads.add(get_ident())
        return 1 << 40

    ParallelReader(1).read(pieces(MemoryFile(bytes(ALIGNMENT), on_read), room(), ALIGNMENT))
    assert threads == {get_ident()}


def test_pieces_are_drawn_one_at_a_time(reader: ParallelReader) -> None:
    def slowly() -> Generator[Piece, None, None]:
        for piece in pieces(file, memory, BLOCKS * ALIGNMENT, blocks=1):
            time.sleep(0.001)  # Another thread that came in now would find the generator running, which is an error.
            yield piece

    file, memory = MemoryFile(bytes(range(256)) * 16 * BLOCKS), room()
    reader.read(slowly())
    assert memory == bytes(range(256)) * 16 * BLOCKS


def test_after_a_failure_no_other_piece_is_begun_and_the_reader_can_go_on(reader: ParallelReader) -> None:
    begun = []

    def on_read(offset: int) -> int:
        begun.append(offset)
        if offset == 2 * ALIGNMENT:
            raise OSError(5, "Input/output error")
        time.sleep(0.01 if offset > 2 * ALIGNMENT else 0)
        return 1 << 40

    content = bytes(1000 * ALIGNMENT)
    with pytest.raises(ReadFailed, match="Input/output error"):
        reader.read(pieces(MemoryFile(content, on_read), room(1000), len(content), blocks=1))
    assert len(begun) < 100
    before = reader.bytes_read
    reader.read(pieces(MemoryFile(content), room(1000), len(content)))
    assert reader.bytes_read - before == len(content)


def test_what_goes_wrong_in_drawing_a_piece_reaches_the_caller(reader: ParallelReader) -> None:
    def failing() -> Generator[Piece, None, None]:
        yield from pieces(MemoryFile(bytes(ALIGNMENT)), room(), ALIGNMENT)
        raise ReadFailed("The second file is gone.", "Put it back.")

    with pytest.raises(ReadFailed, match="second file is gone"):
        reader.read(failing())


def test_a_thread_that_the_system_refuses_reads_nothing_later(monkeypatch: pytest.MonkeyPatch) -> None:
    reader, first, second = ParallelReader(2), room(), room()
    content = os.urandom(BLOCKS * ALIGNMENT)

    def refuse(thread: Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr(Thread, "start", refuse)
        with pytest.raises(RuntimeError, match="can't start new thread"):
            reader.read(pieces(MemoryFile(content), first, len(content)))
    reader.read(pieces(MemoryFile(content), second, len(content)))
    reader.close()
    assert second == content
    assert first == bytes(len(content))
