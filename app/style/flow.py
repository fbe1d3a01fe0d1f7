"""Words in lines: where the entries of a key stand when they wrap to the width."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QRectF


def flow(widths: Iterable[float], room: float, line: float, gap: float = 12.0) -> list[QRectF]:
    """Rectangles of the given widths from left to right, in lines of height `line` no wider than `room`."""
    places: list[QRectF] = []
    x, y = 0.0, 0.0
    for width in widths:
        if x and x + width > room:
            x, y = 0.0, y + line
        places.append(QRectF(x, y, width, line))
        x += width + gap
    return places
