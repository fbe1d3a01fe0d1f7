"""The recent past in numbers: what the charts draw and the figures beside them, without widgets."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from core.decoding.report import ReplySummary, StepReport

KEPT = 240
"""Steps that the charts look back on."""

WINDOW = 8
"""Steps over which tokens per second are taken: one step alone jumps too much to read."""


@dataclass(frozen=True, slots=True)
class Point:
    """One step in numbers.

    Attributes:
        number: Counts all steps of the session, replies end to end.
        committed: Tokens.
        tokens_per_second: Over the last `WINDOW` steps of the same reply; None for a reply's first step, which also
            reads the prompt.
        draft, stream_wait, compute, sample: Seconds; they add up to the step.
        streamed: Bytes of weights that travelled in the pass.
    """

    number: int
    committed: int
    tokens_per_second: float | None
    draft: float
    stream_wait: float
    compute: float
    sample: float
    streamed: int

    @property
    def seconds(self) -> float:
        return self.draft + self.stream_wait + self.compute + self.sample


class MonitorHistory:
    """The last steps, and the running totals of the reply that is being written.

    Attributes:
        points: The last `KEPT` steps.
        summary: The last finished reply, or None while one is written.
    """

    def __init__(self) -> None:
        self.points: deque[Point] = deque(maxlen=KEPT)
        self.summary: ReplySummary | None = None
        self._number = 0
        self._reply: list[Point] = []

    def add(self, report: StepReport) -> Point:
        """Take in a step; step 0 begins a reply."""
        if report.step == 0 or self.summary is not None:
            self._reply = []
            self.summary = None
        seconds = report.seconds
        recent = [point for point in self._reply[-WINDOW + 1 :] if point.tokens_per_second is not None]
        rate = None
        if report.step > 0:
            tokens = len(report.committed) + sum(point.committed for point in recent)
            rate = tokens / max(1e-9, seconds.total + sum(point.seconds for point in recent))
        point = Point(
            self._number,
            len(report.committed),
            rate,
            seconds.draft,
            seconds.stream_wait,
            seconds.compute,
            seconds.sample,
            report.bytes_streamed,
        )
        self._number += 1
        self._reply.append(point)
        self.points.append(point)
        return point

    def finish(self, summary: ReplySummary) -> None:
        """The reply is complete: its own figures are the last word."""
        self.summary = summary

    @property
    def tokens_per_step(self) -> float | None:
        """Committed tokens / steps of the reply."""
        if self.summary is not None:
            return self.summary.tokens_per_step
        return sum(point.committed for point in self._reply) / len(self._reply) if self._reply else None

    @property
    def tokens_per_second(self) -> float | None:
        """Of the finished reply, or of the last steps of the one being written."""
        if self.summary is not None:
            return self.summary.tokens_per_second
        return self._reply[-1].tokens_per_second if self._reply else None

    @property
    def streamed_per_pass(self) -> int | None:
        """Bytes of weights that the last pass streamed."""
        return self.points[-1].streamed if self.points else None

    @property
    def streamed_per_second(self) -> float | None:
        """Bytes per second of streaming over the last steps, whole steps counted."""
        recent = [point for point in self._reply[-WINDOW:] if point.seconds > 0]
        if not recent:
            return None
        return sum(point.streamed for point in recent) / sum(point.seconds for point in recent)

    @property
    def split(self) -> tuple[float, float, float, float] | None:
        """Mean seconds of the recent steps by cause: draft, stream wait, compute, sample."""
        recent = list(self.points)[-WINDOW:]
        if not recent:
            return None
        count = len(recent)
        return (
            sum(point.draft for point in recent) / count,
            sum(point.stream_wait for point in recent) / count,
            sum(point.compute for point in recent) / count,
            sum(point.sample for point in recent) / count,
        )
