"""Remembers what loads and replies did beside what their plan said, and recalls it when the pair comes again."""

from __future__ import annotations

import logging
from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from app.background import Background
from core.decoding.outcome import Outcomes
from core.decoding.report import ReplySummary, StepReport
from core.engine.messages import Loaded
from core.errors import PenjingError
from core.machine.machine import Machine
from core.models.spec import ModelSpec
from core.planning.catalogue import published
from core.planning.experience import Outcome
from core.planning.history import History
from core.planning.knowledge import NONE, Knowledge
from core.planning.plan import Plan

log = logging.getLogger(__name__)


class Learning(QObject):
    """The runs of the pair that is chosen, kept and read in a thread of their own.

    Args:
        machine: What the computer is; None before it was looked at.

    Signals:
        known: What is known of the pair asked for last.
    """

    known = Signal(Knowledge)

    def __init__(
        self, machine: Callable[[], Machine | None], history: History | None = None, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._machine = machine
        self._history = history or History()
        self._background = Background("history", self)
        self._outcomes = Outcomes()
        self._plan: Plan | None = None
        self._pair: tuple[ModelSpec, ModelSpec | None] | None = None

    def recall(self, target: ModelSpec | None, draft: ModelSpec | None) -> None:
        """Read what is known of a pair; `known` follows."""
        self._pair = (target, draft) if target is not None else None
        self.known.emit(NONE)
        self.refresh()

    def refresh(self) -> None:
        """Read it again: the machine has been looked at, or a run was added."""
        pair, machine = self._pair, self._machine()
        if pair is not None and machine is not None:
            self._background.run(lambda: self._read(*pair, machine), self.known.emit, self._fail)

    def loaded(self, loaded: Loaded | None) -> None:
        """Something was loaded, or nothing is any more."""
        if loaded is not None and (self._plan is None or loaded.plan is not self._plan):
            self._keep(loaded.plan, Outcome(ram_bytes=loaded.ram_bytes, vram_bytes=loaded.vram_bytes), 0)
        self._plan = loaded.plan if loaded is not None else None

    def add_step(self, step: StepReport) -> None:
        self._outcomes.add(step)

    def finish(self, summary: ReplySummary) -> None:
        """A reply is complete: keep it."""
        outcome = self._outcomes.of(summary)
        if outcome is not None and self._plan is not None:
            self._keep(self._plan, outcome, summary.steps)

    def close(self) -> None:
        self._background.close()

    def _keep(self, plan: Plan, outcome: Outcome, steps: int) -> None:
        machine = self._machine()
        if machine is not None:
            self._background.run(
                lambda: self._history.add(plan, machine, outcome, steps), lambda _: self.refresh(), self._fail
            )

    def _read(self, target: ModelSpec, draft: ModelSpec | None, machine: Machine) -> Knowledge:
        return Knowledge(self._history.of(target, draft, machine), published(target, draft))

    @staticmethod
    def _fail(error: PenjingError) -> None:
        log.warning("earlier runs could not be used: %s", error)
