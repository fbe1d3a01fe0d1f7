"""The last two minutes second by second: what the machine did, and what the steps of replies brought and took."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from core.decoding.report import StepReport
from core.machine.gauges import Gauges

SPAN = 120
"""Seconds looked back on."""

CAUSES = ("draft", "stream wait", "compute", "sample")


@dataclass(slots=True)
class Second:
    """What happened in one second.

    A step that lasts longer than a second is spread over those it took, so that all adds up.

    Attributes:
        gauges: The last reading; None if there was none.
        busy: Seconds of it during which steps were in progress, but for each reply's first, which reads the prompt.
        steps, tokens: Of those steps.
        causes: Their seconds by cause, in the order of `CAUSES`.
        streamed: Bytes of weights that travelled, for first steps too.
    """

    gauges: Gauges | None = None
    busy: float = 0.0
    steps: float = 0.0
    tokens: float = 0.0
    causes: list[float] = field(default_factory=lambda: [0.0] * len(CAUSES))
    streamed: float = 0.0

    @property
    def tokens_per_second(self) -> float | None:
        return self.tokens / self.busy if self.busy > 0.0 else None

    @property
    def tokens_per_step(self) -> float | None:
        return self.tokens / self.steps if self.steps > 0.0 else None

    @property
    def step_seconds(self) -> tuple[float, ...] | None:
        """Mean seconds of a step by cause."""
        return tuple(cause / self.steps for cause in self.causes) if self.steps > 0.0 else None


class Timeline:
    """The seconds up to now, the oldest first; times are those of one monotonic clock, in seconds.

    Attributes:
        seconds: As many as were reached, at most `SPAN`; the last one is still going on.
    """

    def __init__(self) -> None:
        self.seconds: deque[Second] = deque(maxlen=SPAN)
        self._last = 0

    def advance(self, now: float) -> None:
        """Let time pass up to `now`."""
        second = int(now)
        missing = second - self._last if self.seconds else 1
        for _ in range(min(max(0, missing), SPAN)):
            self.seconds.append(Second())
        if missing > 0:
            self._last = second

    def add_gauges(self, gauges: Gauges, now: float) -> None:
        """Take in a reading."""
        self.advance(now)
        self.seconds[-1].gauges = gauges

    def add_step(self, report: StepReport, now: float) -> None:
        """Take in a step that ended at `now`."""
        self.advance(now)
        lasted = max(report.seconds.total, 1e-9)
        end = now
        for second, place in zip(reversed(self.seconds), range(self._last, self._last - SPAN, -1), strict=False):
            begin = max(now - lasted, float(place))
            if end > begin:
                _add(second, report, (end - begin) / lasted)
            end = min(end, begin)
            if end <= now - lasted:
                break


def _add(second: Second, report: StepReport, share: float) -> None:
    """Add a share of a step to a second."""
    second.streamed += share * report.bytes_streamed
    if report.step == 0:
        return
    seconds = report.seconds
    second.busy += share * seconds.total
    second.steps += share
    second.tokens += share * len(report.committed)
    for index, spent in enumerate((seconds.draft, seconds.stream_wait, seconds.compute, seconds.sample)):
        second.causes[index] += share * spent
