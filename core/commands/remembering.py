"""Remembers what loads and replies of the command line did, so that the next plan of the pair is better."""

from __future__ import annotations

from core.decoding.outcome import Outcomes
from core.decoding.report import ReplySummary, StepReport
from core.engine.messages import Loaded
from core.machine.probe import probe_machine
from core.planning.experience import Outcome
from core.planning.history import History


class Remembering:
    """Watches the replies of what was loaded, and keeps them. What cannot be kept is logged, and never an error."""

    def __init__(self, loaded: Loaded) -> None:
        self._plan = loaded.plan
        self._machine = probe_machine(loaded.plan.model)
        self._history = History()
        self._outcomes = Outcomes()
        self._history.add(self._plan, self._machine, Outcome(ram_bytes=loaded.ram_bytes, vram_bytes=loaded.vram_bytes))

    def add_step(self, step: StepReport) -> None:
        self._outcomes.add(step)

    def finish(self, summary: ReplySummary) -> None:
        """A reply is complete: keep it, if it was long enough to tell of others."""
        outcome = self._outcomes.of(summary)
        if outcome is not None:
            self._history.add(self._plan, self._machine, outcome, summary.steps)
