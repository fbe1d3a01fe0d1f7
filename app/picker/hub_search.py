"""Searches the hub shortly after the person stops typing, judges what is found, and sorts it by fit."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from app.background import Background
from app.picker.judging import Judging
from core.errors import PenjingError

if TYPE_CHECKING:
    from core.hub.search import Found, Query
    from core.hub.verdict import Verdict

TYPING_PAUSE_MS = 350


class HubSearch(QObject):
    """What was found last.

    Attributes:
        found: In the order to show: as the hub has it, and by fit once all are judged.
        verdicts: By name.
        busy: Whether an answer is on its way.
        problem: Why there is none, in two sentences; empty if all is well.

    Signals:
        changed: Any of these is another now.
    """

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.found: list[Found] = []
        self.verdicts: dict[str, Verdict] = {}
        self.busy = False
        self.problem = ""
        self._query: Query | None = None
        self._background = Background("search", self)
        self._judging = Judging("judging hub", self)
        self._judging.judged.connect(self._take_verdict)
        self._judging.finished.connect(self._sort)
        self._judging.failed.connect(lambda what, remedy: self._fail_with(f"{what} {remedy}"))
        self._typing = QTimer(self, interval=TYPING_PAUSE_MS, singleShot=True)
        self._typing.timeout.connect(self.search_now)

    @property
    def asked(self) -> bool:
        """Whether there is anything to look for."""
        return self._query is not None and bool(self._query.text or self._query.author)

    def set_query(self, query: Query) -> None:
        """Look for something else, once the person has stopped typing."""
        if query == self._query:
            return
        self._query = query
        self._judging.drop()
        if self.asked:
            self.busy = True
            self._typing.start()
        else:
            self._typing.stop()
            self.found, self.busy, self.problem = [], False, ""
        self.changed.emit()

    def search_now(self) -> None:
        """Look again, at once."""
        query = self._query
        if query is None or not self.asked:
            return
        self.busy, self.problem = True, ""
        self.changed.emit()

        def done(found: list[Found]) -> None:
            if query == self._query:
                self.found, self.busy = found, False
                self._judging.judge_found([entry for entry in found if entry.repository not in self.verdicts])
                self.changed.emit()

        def fail(error: PenjingError) -> None:
            if query == self._query:
                self.found = []
                self._fail_with(str(error))

        self._background.run(lambda: _search(query), done, fail)

    def close(self) -> None:
        self._typing.stop()
        self._judging.close()
        self._background.close()

    def _take_verdict(self, repository: str, verdict: Verdict) -> None:
        self.verdicts[repository] = verdict
        self.changed.emit()

    def _sort(self) -> None:
        self.found = sorted(self.found, key=lambda entry: self.verdicts.get(entry.repository, entry.unjudged).rank)
        self.changed.emit()

    def _fail_with(self, why: str) -> None:
        self.busy, self.problem = False, why
        self.changed.emit()


def _search(query: Query) -> list[Found]:
    from core.hub.hub import Hub
    from core.hub.search import search

    return search(Hub(), replace(query, text=query.text.strip()))
