"""What the thread that computes does while it waits for weights."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol

Work = Callable[[float], bool]
"""Does a piece of some other work, and returns whether there was any to do. Told how many seconds are no matter."""


class Arrivals(Protocol):
    @property
    def ready(self) -> bool:
        """Whether what comes next has come."""


class IdleTime:
    """Lends the time in which a pass waits for weights to other work, a piece at a time.

    That is done by the thread that computes: nothing is shared between threads, a pass that computes is never
    disturbed, and where nothing is waited for there is nothing to lend.

    Attributes:
        seconds: Used so far. A piece counts as a whole, even if the weights came in its midst.
    """

    def __init__(self) -> None:
        self.seconds = 0.0
        self._work: Work | None = None

    def offer(self, work: Work | None) -> None:
        """Lend the waits of the next pass, until there is nothing left to do."""
        self._work = work

    def use(self, arrivals: Arrivals, slack: float) -> None:
        """Work until something has arrived.

        Args:
            slack: Seconds by which a piece of work may outlast that without making the pass longer.
        """
        while self._work is not None and not arrivals.ready:
            started = time.perf_counter()
            if not self._work(slack):
                self._work = None
            self.seconds += time.perf_counter() - started
