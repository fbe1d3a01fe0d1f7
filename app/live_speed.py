"""The speed of a reply while it is being written."""

from __future__ import annotations

from core.decoding.report import StepReport


class LiveSpeed:
    """Adds up steps. As in `ReplySummary`, the first one, which also reads the prompt, counts for tokens per step only.

    Attributes:
        tokens_per_second: 0 until the second step.
        tokens_per_step: Committed tokens / steps; 0 before the first.
    """

    def __init__(self) -> None:
        self._steps = 0
        self._tokens = 0
        self._first_tokens = 0
        self._seconds = 0.0

    def add(self, report: StepReport) -> None:
        if self._steps == 0:
            self._first_tokens = len(report.committed)
        else:
            self._seconds += report.seconds.total
        self._steps += 1
        self._tokens += len(report.committed)

    @property
    def tokens_per_second(self) -> float:
        return (self._tokens - self._first_tokens) / self._seconds if self._seconds > 0 else 0.0

    @property
    def tokens_per_step(self) -> float:
        return self._tokens / self._steps if self._steps else 0.0
