"""What a pass costs, by how many rows it has: learned from passes as they happen."""

from __future__ import annotations

import math
from collections import deque
from statistics import median

_KEPT = 7
"""Passes remembered per size: their median is not moved by a few that were disturbed."""


class CostCurve:
    """Seconds of a pass as max(stream, base + slope * rows), which is what waiting for weights and arithmetic give.

    Sizes are put into classes, four to an octave; a curve of three parameters goes through the medians of the classes.
    One row is a class of its own that the curve leaves out, for one row takes other paths through the arithmetic.
    """

    def __init__(self) -> None:
        self._classes: dict[int, deque[tuple[int, float]]] = {}
        self._knee = self._floor = self._slope = 0.0

    @property
    def known(self) -> bool:
        """Whether any pass was seen."""
        return bool(self._classes)

    def saw(self, rows: int, seconds: float) -> None:
        """Take a pass into account."""
        size = round(4 * math.log2(rows))
        self._classes.setdefault(size, deque(maxlen=_KEPT)).append((rows, seconds))
        self._fit()

    def at(self, rows: int) -> float:
        """Expected seconds of a pass."""
        if rows == 1 and 0 in self._classes:
            return median(seconds for _, seconds in self._classes[0])
        return self._floor + self._slope * max(0.0, rows - self._knee)

    def _fit(self) -> None:
        points = [
            (median(rows for rows, _ in passes), median(seconds for _, seconds in passes), len(passes))
            for size, passes in self._classes.items()
            if size > 0 or len(self._classes) == 1
        ]
        fits = [_hinge(points, knee) for knee in {0.0, *(rows for rows, _, _ in points)}]
        _, self._knee, self._floor, self._slope = min(fits)


def _hinge(points: list[tuple[float, float, int]], knee: float) -> tuple[float, float, float, float]:
    """The best curve that is flat up to `knee`: its squared error, knee, height and slope. Relative errors count."""
    weight = sx = sy = sxx = sxy = 0.0
    for rows, seconds, count in points:
        w, x = count / seconds**2, max(0.0, rows - knee)
        weight, sx, sy, sxx, sxy = weight + w, sx + w * x, sy + w * seconds, sxx + w * x * x, sxy + w * x * seconds
    spread = weight * sxx - sx * sx
    slope = max(0.0, (weight * sxy - sx * sy) / spread) if spread > 1e-9 * weight * sxx else 0.0
    floor = (sy - slope * sx) / weight
    if floor <= 0.0:
        slope, floor = sxy / sxx, 0.0
    error = sum(count * ((floor + slope * max(0.0, rows - knee)) / seconds - 1) ** 2 for rows, seconds, count in points)
    return error, knee, floor, slope
