"""Reading pieces of files with several threads at once."""

from __future__ import annotations

import threading
from collections.abc import Generator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass

from core.errors import ReadFailed
from core.machine.direct_file import ALIGNMENT, DirectFile


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a file and the memory for it, aligned as direct reads want it.

    `needed` is how many bytes must come: the target is whole blocks, and the last block of a file may end early.
    """

    file: DirectFile
    offset: int
    target: memoryview
    needed: int


class ParallelReader:
    """Reading threads. A single one is the caller's own. For one caller at a time.

    Attributes:
        bytes_read: Total since the start.
    """

    def __init__(self, threads: int) -> None:
        self.threads = threads
        self.bytes_read = 0
        self._pool = ThreadPoolExecutor(threads, "weight reader") if threads > 1 else None

    def read(self, pieces: Generator[Piece, None, None]) -> None:
        """Read all pieces. Each is drawn when a thread is free to read it, never two at once.

        Raises ReadFailed if a file cannot be read or ends too early. What was begun by then is read to its end.
        """
        lock = threading.Lock()

        def work() -> None:
            while True:
                with lock:
                    piece = next(pieces, None)
                if piece is None:
                    return
                try:
                    _read(piece)
                except BaseException:
                    with lock:
                        pieces.close()  # No thread begins another.
                    raise
                with lock:
                    self.bytes_read += piece.needed

        if self._pool is None:
            work()
            return
        workers: list[Future[None]] = []
        try:
            for _ in range(self.threads):
                workers.append(self._pool.submit(work))
        finally:
            # Also if the system refuses a thread: those that run must be done with the memory.
            wait(workers)
            with lock:
                pieces.close()
        for worker in workers:
            worker.result()

    def close(self) -> None:
        if self._pool is not None:
            self._pool.shutdown()


def _read(piece: Piece) -> None:
    """A read may bring less than it was asked for; the rest is asked for again, from a whole block on."""
    done = 0
    while True:
        count = piece.file.read_at(piece.offset + done, piece.target[done:])
        if done + count >= piece.needed:
            return
        blocks = count // ALIGNMENT * ALIGNMENT
        if blocks == 0:
            raise ReadFailed(
                f"{piece.file.path} ended at byte {piece.offset + done + count:,}, before all its weights were read.",
                "The file was changed or cut off: restore it and load the model again.",
            )
        done += blocks
