"""Puts pieces of bytes away in a file without a name, so that a long reply with large trees does not fill memory."""

from __future__ import annotations

import logging
import os
import tempfile
import threading
import weakref

log = logging.getLogger(__name__)


class Shelf:
    """Pieces in the order in which they were put, to be taken from any thread. The file goes with the object.

    Where the drive has no room, what comes later stays in memory.
    """

    def __init__(self) -> None:
        self._pieces: list[bytes | tuple[int, int]] = []
        self._lock = threading.Lock()
        self._file = tempfile.TemporaryFile(buffering=0, prefix="penjing-")  # noqa: SIM115 - it is open as long as the shelf is
        weakref.finalize(self, self._file.close)

    def __len__(self) -> int:
        return len(self._pieces)

    def put(self, piece: bytes) -> None:
        """Put a piece behind the others."""
        with self._lock:
            try:
                start = self._file.seek(0, os.SEEK_END)
                room = self._file.write(piece) == len(piece)
            except OSError as error:
                log.warning("a step of the reply stays in memory: %s", error)
                room = False
            self._pieces.append((start, len(piece)) if room else piece)

    def take(self, index: int) -> bytes:
        """A piece again; it stays where it is."""
        piece = self._pieces[index]
        if isinstance(piece, bytes):
            return piece
        start, size = piece
        with self._lock:
            self._file.seek(start)
            return self._file.read(size)
