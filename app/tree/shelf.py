"""Puts pieces of bytes away in a file without a name, so that a long reply with large trees does not fill memory."""

from __future__ import annotations

import logging
import os
import tempfile
import threading
import weakref
from array import array

log = logging.getLogger(__name__)


class Shelf:
    """Pieces in the order in which they were put, to be taken from any thread. The file goes with the object.

    Where the drive has no room, what comes later stays in memory.
    """

    def __init__(self) -> None:
        self._starts, self._sizes = array("Q"), array("Q")
        self._without_room: dict[int, bytes] = {}
        self._lock = threading.Lock()
        self._file = tempfile.TemporaryFile(buffering=0, prefix="penjing-")  # noqa: SIM115 - it is open as long as the shelf is
        weakref.finalize(self, self._file.close)

    def __len__(self) -> int:
        return len(self._starts)

    def put(self, piece: bytes) -> None:
        """Put a piece behind the others."""
        with self._lock:
            try:
                start = self._file.seek(0, os.SEEK_END)
                room = self._file.write(piece) == len(piece)
            except OSError as error:
                log.warning("a step of the reply stays in memory: %s", error)
                start, room = 0, False
            if not room:
                self._without_room[len(self)] = piece
            self._starts.append(start)
            self._sizes.append(len(piece))

    def take(self, index: int) -> bytes:
        """A piece again; it stays where it is."""
        with self._lock:
            if index in self._without_room:
                return self._without_room[index]
            self._file.seek(self._starts[index])
            return self._file.read(self._sizes[index])
