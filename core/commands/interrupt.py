"""Turns Ctrl+C into a request to stop, so that what is in progress ends in order and its result is kept."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def interrupt_cancels() -> Iterator[Callable[[], bool]]:
    """Yields a function that tells whether Ctrl+C was pressed since. A second Ctrl+C interrupts as usual."""
    pressed = False

    def on_interrupt(number: int, frame: FrameType | None) -> None:
        nonlocal pressed
        pressed = True
        signal.signal(signal.SIGINT, signal.default_int_handler)

    previous = signal.signal(signal.SIGINT, on_interrupt)
    try:
        yield lambda: pressed
    finally:
        signal.signal(signal.SIGINT, previous)
