"""Has the planner judge one model after the other in a worker thread, whether it is here or on the hub."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.background import Background
from core.errors import PenjingError

if TYPE_CHECKING:
    from core.hub.library import InstalledModel
    from core.hub.search import Found
    from core.hub.verdict import Verdict


class Judging(QObject):
    """Only the latest request counts: what an earlier one has still to do is dropped.

    Signals:
        judged: With an entry's key and its verdict.
        finished: Everything that was asked for is judged, or could not be.
        failed: What happened, what to do; those not judged yet stay so.
    """

    judged = Signal(str, object)
    finished = Signal()
    failed = Signal(str, str)

    def __init__(self, name: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._background = Background(name, self)
        self._request = 0

    def judge_installed(self, models: Sequence[InstalledModel]) -> None:
        usable = [model for model in models if model.facts is not None]
        self._begin([(str(model.folder), partial(_judge_installed, model)) for model in usable])

    def judge_found(self, entries: Sequence[Found]) -> None:
        unknown = [found for found in entries if found.problem is None]
        self._begin([(found.repository, partial(_judge_found, found)) for found in unknown])

    def drop(self) -> None:
        """Let go of what is being judged."""
        self._request += 1

    def close(self) -> None:
        self.drop()
        self._background.close()

    def _begin(self, work: list[tuple[str, Callable[[], Verdict]]]) -> None:
        self._request += 1
        self._next(work, self._request)

    def _next(self, work: list[tuple[str, Callable[[], Verdict]]], request: int) -> None:
        if request != self._request:
            return
        if not work:
            self.finished.emit()
            return
        (key, judge), *rest = work

        def done(verdict: Verdict) -> None:
            if request == self._request:
                self.judged.emit(key, verdict)
                self._next(rest, request)

        def fail(error: PenjingError) -> None:
            if request == self._request:
                self.failed.emit(error.what, error.remedy)

        self._background.run(judge, done, fail)


def _judge_installed(model: InstalledModel) -> Verdict:
    from core.errors import UnusableModel
    from core.hub.verdict import Fit, Verdict, judge
    from core.machine.probe import probe_machine

    try:
        spec = model.spec
    except UnusableModel as error:
        return Verdict(Fit.UNUSABLE, str(error))
    assert spec is not None
    return judge(spec, probe_machine(model.folder))


def _judge_found(found: Found) -> Verdict:
    from core.hub.hub import Hub
    from core.hub.search import inspect
    from core.locations import models_folder
    from core.machine.probe import probe_machine

    folder = models_folder()
    return inspect(Hub(), found.repository, found.revision).judged(probe_machine(folder), folder)
