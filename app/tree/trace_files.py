"""Reads and saves traces in a thread of its own, so that a large one does not hold up the window."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QObject

from app.background import Background
from app.language import tr
from app.tree.history import History, unpack
from core.chat.conversation import TracePiece
from core.decoding.report import ReplySummary, StepReport
from core.decoding.trace import TraceHead, TraceWriter, read_trace
from core.errors import PenjingError, UnusableTrace

Failed = Callable[[PenjingError], None]


class TraceFiles(QObject):
    """What is asked for later waits for what was asked for before."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._background = Background("traces", self)

    def open(self, path: Path, done: Callable[[History], None], failed: Failed) -> None:
        """Read a trace whole."""
        self._background.run(lambda: read_history(path), done, failed)

    def unpack(
        self, reply: object, pieces: Sequence[TracePiece], done: Callable[[History], None], failed: Failed
    ) -> None:
        """Make a history of what was kept of a reply."""
        self._background.run(lambda: kept_history(reply, pieces), done, failed)

    def save(self, path: Path, history: History, head: TraceHead, done: Callable[[None], None], failed: Failed) -> None:
        """Write the steps that a history holds by now."""
        lines = history.packed_lines()

        def work() -> None:
            with TraceWriter(path, head) as trace:
                for line in lines:
                    trace.add_line(line())

        self._background.run(work, done, failed)

    def close(self) -> None:
        """Finish what was begun."""
        self._background.close()


def kept_history(reply: object, pieces: Sequence[TracePiece]) -> History:
    """The history of a reply of which this was kept, looked at from its end; without steps if none were."""
    history = History(reply=reply)
    for piece in pieces:
        match unpack(piece.line):
            case TraceHead() as head:
                history.head = history.head or head
            case StepReport() as step:
                history.put(step, piece.line, piece.step)
            case ReplySummary() as summary:
                history.summary = summary
    return history


def read_history(path: Path) -> History:
    """The history that a trace tells, looked at from its first step.

    Raises:
        UnusableTrace.
    """
    history = History()
    for entry in read_trace(path):
        match entry:
            case TraceHead():
                history.head = entry
            case StepReport():
                history.add(entry)
            case ReplySummary():
                history.summary = entry
    if not len(history):
        raise UnusableTrace(
            tr("{path} holds no step.", path=path), tr("The reply ended before its first step: write another trace.")
        )
    history.go(0)
    return history
