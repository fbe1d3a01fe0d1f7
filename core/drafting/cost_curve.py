"""What a pass costs, by how many rows it has: learned from passes as they happen."""

from __future__ import annotations

import math
from collections import deque
from statistics import median

_KEPT = 7
"""Passes remembered per size: their median is not moved by a few that were disturbed."""

_STALE = 32
"""Passes after which a size is forgotten that none of them had: what was once disturbed is looked at again."""

_DOUBLE = 64
"""Rows that are thought to take twice as long as none, until passes of two sizes were seen."""


_Point = tuple[float, float, float, int]
"""Of a class of sizes: median rows, seconds and scale of errors, and how many passes."""


class CostCurve:
    """Seconds as max(floor, base + slope * rows): arithmetic waits for memory while there are few rows.

    Sizes are put into classes, four to an octave; a curve of three parameters goes through the medians of the classes.
    One row is a class of its own that the curve leaves out, for one row takes other paths through the arithmetic.
    """

    def __init__(self) -> None:
        self._classes: dict[int, deque[tuple[int, float, float]]] = {}
        self._recent: deque[int] = deque(maxlen=_STALE)
        self._knee = self._floor = self._slope = 0.0

    @property
    def known(self) -> bool:
        """Whether any pass was seen."""
        return bool(self._classes)

    def saw(self, rows: int, seconds: float, scale: float | None = None) -> None:
        """Take a pass into account. `scale`: Seconds that an error is measured by; None for the pass's own."""
        size = round(4 * math.log2(rows))
        self._classes.setdefault(size, deque(maxlen=_KEPT)).append((rows, seconds, scale or seconds))
        self._recent.append(size)
        if len(self._recent) == _STALE:
            self._classes = {size: passes for size, passes in self._classes.items() if size in self._recent}
        self._fit()

    def at(self, rows: int) -> float:
        """Expected seconds of a pass."""
        if rows == 1 and 0 in self._classes:
            return median(seconds for _, seconds, _ in self._classes[0])
        return self._floor + self._slope * max(0.0, rows - self._knee)

    def reach(self, seconds: float) -> float:
        """Rows for which so many seconds are enough; infinity if that are any."""
        if seconds < self._floor:
            return 0.0
        return self._knee + (seconds - self._floor) / self._slope if self._slope else math.inf

    def _fit(self) -> None:
        points = [
            (*(median(column) for column in zip(*passes, strict=True)), len(passes))
            for size, passes in self._classes.items()
            if size > 0 or len(self._classes) == 1
        ]
        if len(points) == 1:
            rows, seconds, *_ = points[0]
            self._knee, self._floor = 0.0, seconds / (1 + rows / _DOUBLE)
            self._slope = self._floor / _DOUBLE
            return
        # Two points are joined by a line: a knee at one of them would make all of the difference the other's fault.
        knees = {0.0, *(rows for rows, *_ in points)} if len(points) > 2 else {0.0}
        fits = [_hinge(points, knee) for knee in knees]
        _, self._knee, self._floor, self._slope = min(fits)


def _hinge(points: list[_Point], knee: float) -> tuple[float, float, float, float]:
    """The best curve that is flat up to `knee`: its squared error, knee, height and slope."""
    weight = sx = sy = sxx = sxy = 0.0
    for rows, seconds, scale, count in points:
        w, x = count / scale**2, max(0.0, rows - knee)
        weight, sx, sy, sxx, sxy = weight + w, sx + w * x, sy + w * seconds, sxx + w * x * x, sxy + w * x * seconds
    spread = weight * sxx - sx * sx
    slope = max(0.0, (weight * sxy - sx * sy) / spread) if spread > 1e-9 * weight * sxx else 0.0
    floor = (sy - slope * sx) / weight
    if floor < 0.0:
        slope, floor = sxy / sxx, 0.0
    error = 0.0
    for rows, seconds, scale, count in points:
        error += count * ((floor + slope * max(0.0, rows - knee) - seconds) / scale) ** 2
    return error, knee, floor, slope
