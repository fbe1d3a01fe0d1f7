"""What a finished reply did, in the words in which plans predict. Torch-free."""

from __future__ import annotations

from statistics import mean, median

from core.decoding.report import FinishReason, ReplySummary, StepReport
from core.planning.experience import Outcome

OUTLIER = 2.5
"""Steps that take this many times the median are left out."""

FEWEST = 3
"""Steps from which on a reply says something of the next."""


class Outcomes:
    """Watches the steps of a reply.

    The first, which reads the prompt, is left out, and so are steps that took much longer than the others: kernels are
    made for every new size of tree, once after a load.
    """

    def __init__(self) -> None:
        self._seconds: list[float] = []
        self._committed = 0

    def add(self, step: StepReport) -> None:
        """Take a step into account."""
        if step.step == 0:
            self._seconds.clear()
            self._committed = 0
            return
        self._seconds.append(step.seconds.total)
        self._committed += len(step.committed)

    def of(self, summary: ReplySummary) -> Outcome | None:
        """What the reply did; None if it was too short to tell, or broken off."""
        steps = len(self._seconds)
        if steps < FEWEST or summary.finish_reason is FinishReason.CANCELLED:
            return None
        longest = OUTLIER * median(self._seconds)
        seconds, tokens = mean(taken for taken in self._seconds if taken <= longest), self._committed / steps
        return Outcome(
            step_seconds=seconds,
            tokens_per_step=tokens,
            tokens_per_second=tokens / seconds,
            first_token=summary.seconds_to_first_token,
            ram_bytes=summary.peak_ram_bytes,
            vram_bytes=summary.peak_vram_bytes,
        )
