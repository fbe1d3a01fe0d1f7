"""The figures of the reply that is written, and of the last one, without widgets."""

from __future__ import annotations

from collections import deque

from core.decoding.report import ReplySummary, StepReport

WINDOW = 8
"""Steps over which tokens per second are taken: one step alone jumps too much to read."""


class MonitorHistory:
    """The last steps, and the running totals of the reply that is being written.

    Attributes:
        summary: The last finished reply, or None while one is written.
    """

    def __init__(self) -> None:
        self.summary: ReplySummary | None = None
        self._recent: deque[StepReport] = deque(maxlen=WINDOW)
        self._steps = 0
        self._tokens = 0

    def add(self, report: StepReport) -> None:
        """Take in a step; step 0 begins a reply."""
        if report.step == 0 or self.summary is not None:
            self._recent.clear()
            self._steps = self._tokens = 0
            self.summary = None
        self._recent.append(report)
        self._steps += 1
        self._tokens += len(report.committed)

    def finish(self, summary: ReplySummary) -> None:
        """The reply is complete: its own figures are the last word."""
        self.summary = summary

    @property
    def tokens_per_step(self) -> float | None:
        """Committed tokens / steps of the reply."""
        if self.summary is not None:
            return self.summary.tokens_per_step
        return self._tokens / self._steps if self._steps else None

    @property
    def tokens_per_second(self) -> float | None:
        """Of the finished reply, or of the last steps of the one being written; the first, which also reads the prompt,
        is left out."""
        if self.summary is not None:
            return self.summary.tokens_per_second
        decoding = [report for report in self._recent if report.step > 0]
        seconds = sum(report.seconds.total for report in decoding)
        return sum(len(report.committed) for report in decoding) / seconds if seconds > 0.0 else None

    @property
    def streamed_per_second(self) -> float | None:
        """Bytes per second of streaming over the last steps, whole steps counted; None while nothing is written."""
        seconds = sum(report.seconds.total for report in self._recent)
        if self.summary is not None or seconds <= 0.0:
            return None
        return sum(report.bytes_streamed for report in self._recent) / seconds

    @property
    def split(self) -> tuple[float, float, float, float] | None:
        """Mean seconds of the recent steps by cause: draft, stream wait, compute, sample."""
        count = len(self._recent)
        if not count:
            return None
        seconds = [report.seconds for report in self._recent]
        return (
            sum(each.draft for each in seconds) / count,
            sum(each.stream_wait for each in seconds) / count,
            sum(each.compute for each in seconds) / count,
            sum(each.sample for each in seconds) / count,
        )
