"""Runs work that may take longer than a frame outside the window's thread, and brings the result back into it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

from PySide6.QtCore import QObject, Signal

from core.errors import PenjingError

T = TypeVar("T")


class Background(QObject):
    """One worker thread: work is done in the order in which it was given.

    Results and errors arrive in the thread this object lives in. A `PenjingError` goes to the work's own `failed`, any
    other exception is raised again in the window's thread, where it is reported as a bug.
    """

    _done = Signal(object)

    def __init__(self, name: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)
        self._closed = False
        self._done.connect(self._finish)

    def run(
        self,
        work: Callable[[], T],
        done: Callable[[T], None],
        failed: Callable[[PenjingError], None],
    ) -> None:
        """Call `work` in the worker thread, then `done` or `failed` in this one."""

        def hand_back(future: Future[T]) -> None:
            if not self._closed and not future.cancelled():
                self._done.emit((future, done, failed))

        if not self._closed:
            self._pool.submit(work).add_done_callback(hand_back)

    def close(self) -> None:
        """Finish what was begun and waits; results are no longer handed back."""
        self._closed = True
        self._pool.shutdown()

    def _finish(self, parcel: tuple[Future[Any], Callable[[Any], None], Callable[[PenjingError], None]]) -> None:
        future, done, failed = parcel
        try:
            result = future.result()
        except PenjingError as error:
            failed(error)
        else:
            done(result)
