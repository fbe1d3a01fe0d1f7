"""Notes what happens while one reply is written: when passes end, which tokens come, what is read."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from tests.benchmarks.offload.job import Reply

IO = Path("/proc/self/io")


class Tape:
    """Started when it is made. Every contestant notes passes of the target and the tokens that they give."""

    def __init__(self) -> None:
        self.tokens: list[int] = []
        self._passes: list[float] = []
        self._first_tokens = 0
        self._first_seconds = 0.0
        self._read_before: int | None = None
        self._started = time.perf_counter()

    def passed(self, seconds: float) -> None:
        """A pass of the target is over; its tokens come next."""
        if len(self._passes) == 1:
            self._first_tokens = len(self.tokens)
        self._passes.append(seconds)

    def add(self, tokens: Sequence[int]) -> None:
        """Tokens of the reply are there."""
        if not self.tokens:
            self._first_seconds = time.perf_counter() - self._started
            self._read_before = read_bytes()
        self.tokens.extend(tokens)

    def reply(self) -> Reply:
        """What was noted, now that the reply is complete."""
        seconds, read = time.perf_counter() - self._started, read_bytes()
        return Reply(
            tokens=self.tokens,
            first_tokens=self._first_tokens if len(self._passes) > 1 else len(self.tokens),
            first_seconds=self._first_seconds,
            seconds=seconds,
            passes=self._passes[1:],
            read_bytes=read - self._read_before if read is not None and self._read_before is not None else None,
        )


def read_bytes() -> int | None:
    """What this process has read from drives so far, direct reads and mapped pages included; None if nobody counts."""
    if not IO.exists():
        return None
    counters = dict(line.split(": ") for line in IO.read_text("ascii").splitlines())
    return int(counters["read_bytes"])
