"""How far a download is: bytes of every file and of the whole, how fast, how long still."""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass
from enum import StrEnum

WINDOW = 8.0
"""Seconds that a rate is taken over: long enough to be calm, short enough to notice a change."""


class State(StrEnum):
    """What a download does now."""

    QUEUED = "queued"
    RUNNING = "running"
    WAITING = "waiting"
    """For the network, or for the hub to recover."""

    PAUSED = "paused"
    FAILED = "failed"
    DONE = "done"


@dataclass(frozen=True)
class FileProgress:
    """Bytes of one file on this computer, of so many. `checking` while its checksum is computed."""

    name: str
    done: int
    size: int
    checking: bool = False


@dataclass(frozen=True)
class Progress:
    """A download as it stands.

    Attributes:
        done, total: Bytes of all files.
        rate: Bytes per second, over the last seconds.
        seconds_left: None where nothing moves.
        note: Why it waits or has failed, in a sentence; or empty.
        files: Those not complete yet first.
    """

    repository: str
    state: State
    done: int
    total: int
    rate: float
    seconds_left: float | None
    note: str
    files: tuple[FileProgress, ...]

    @property
    def share(self) -> float:
        """From 0 to 1."""
        return self.done / self.total if self.total else 0.0


class Tally:
    """Counts the bytes of files as they arrive. May be used from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._files: dict[str, FileProgress] = {}
        self._moved: deque[tuple[float, int]] = deque()
        self._notes: dict[str, str] = {}

    def place(self, name: str, done: int, size: int, checking: bool = False) -> None:
        """Set how many bytes of a file are here."""
        with self._lock:
            self._files[name] = FileProgress(name, done, size, checking)

    def add(self, name: str, count: int) -> None:
        """So many bytes of a file have arrived."""
        with self._lock:
            file = self._files[name]
            self._files[name] = FileProgress(name, file.done + count, file.size)
            self._moved.append((time.monotonic(), count))
            self._forget()

    def arrived(self, name: str) -> int:
        """Bytes of a file that are here; 0 for one that is not counted."""
        with self._lock:
            return self._files[name].done if name in self._files else 0

    def note(self, name: str, why: str) -> None:
        """Why a file waits; an empty text once it no longer does."""
        with self._lock:
            self._notes.pop(name, None)
            if why:
                self._notes[name] = why

    def snapshot(self, repository: str, state: State, note: str = "") -> Progress:
        with self._lock:
            self._forget()
            files = sorted(self._files.values(), key=lambda file: (file.done >= file.size, file.name))
            rate = self._rate() if state is State.RUNNING else 0.0
            waiting = state is State.RUNNING and bool(self._notes) and rate == 0
            why = note or next(iter(self._notes.values()), "")
        done, total = sum(file.done for file in files), sum(file.size for file in files)
        left = (total - done) / rate if rate > 0 else None
        return Progress(repository, State.WAITING if waiting else state, done, total, rate, left, why, tuple(files))

    def _rate(self) -> float:
        if not self._moved:
            return 0.0
        span = max(0.5, time.monotonic() - self._moved[0][0])
        return sum(count for _, count in self._moved) / span

    def _forget(self) -> None:
        oldest = time.monotonic() - WINDOW
        while self._moved and self._moved[0][0] < oldest:
            self._moved.popleft()


def time_left(seconds: float | None) -> str:
    """ "3 min left"; empty where nothing is known."""
    if seconds is None:
        return ""
    if seconds < 90:
        return f"{max(1, round(seconds))} s left"
    return f"{round(seconds / 60)} min left" if seconds < 5400 else f"{seconds / 3600:.1f} h left"
