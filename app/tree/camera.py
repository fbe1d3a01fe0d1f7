"""Where the grid of the tree lies on the screen, as plain numbers: following, fitting, zooming, panning."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil, floor

from app.tree.layout import Layout

COLUMN = 92.0
ROW = 24.0
"""Pixels of a column and a row at their largest comfortable size."""

NARROWEST = 46.0
"""Pixels of a column below which texts are too short to read."""

_COLUMNS_IN_SIGHT = 5.2
LARGEST = 3.0
SMALLEST = 0.06


@dataclass(frozen=True, slots=True)
class Camera:
    """`x` and `y` are the pixels of the centre of column 0, row 0; the pitches are the pixels of a column and a row."""

    x: float
    y: float
    column_pitch: float
    row_pitch: float

    def to_screen(self, column: float, row: float) -> tuple[float, float]:
        """The centre of a grid place in pixels."""
        return self.x + column * self.column_pitch, self.y + row * self.row_pitch

    def to_grid(self, x: float, y: float) -> tuple[int, int]:
        """The grid place that covers a pixel."""
        return floor((x - self.x) / self.column_pitch + 0.5), floor((y - self.y) / self.row_pitch + 0.5)

    def panned(self, dx: float, dy: float) -> Camera:
        return replace(self, x=self.x + dx, y=self.y + dy)

    def zoomed(self, factor: float, x: float, y: float) -> Camera:
        """Zoomed so that what lies under the pixel (x, y) stays there.

        Rows that were squeezed to fit are given their height back first, so that texts are soon to be read.
        """
        across, down = self.column_pitch / COLUMN, self.row_pitch / ROW
        if factor > 1 and down < across:
            wider, taller = 1.0, min(factor, across / down)
        else:
            wider = taller = min(max(factor, SMALLEST / min(across, down)), max(1.0, LARGEST / across))
        return Camera(
            x + (self.x - x) * wider, y + (self.y - y) * taller, self.column_pitch * wider, self.row_pitch * taller
        )


def followed(layout: Layout, width: float, height: float) -> Camera:
    """A readable size that depends on the window alone, so that the root keeps its place from step to step.

    Columns move together, and then away to the left, only as far as the target's own choice would else be out of sight.
    """
    usual = min(COLUMN, max(NARROWEST, width / _COLUMNS_IN_SIGHT))
    pitch = min(usual, max(NARROWEST, width / (layout.exit.column + 1.3)))
    beyond = max(0, ceil(layout.exit.column + 1.3 - width / pitch))
    x = pitch / 2 + 4 - beyond * pitch
    rows = layout.bottom - layout.top + 1
    y = height * 0.5
    if rows * ROW <= height:
        y = min(max(y, ROW * (0.5 - layout.top)), height - ROW * (layout.bottom + 0.5))
    y += min(0.0, height - ROW - (y + layout.exit.row * ROW)) - min(0.0, y + layout.exit.row * ROW - ROW)
    return Camera(x, y, pitch, ROW)


def fitted(layout: Layout, width: float, height: float) -> Camera:
    """The whole tree in sight, no larger than comfortable."""
    columns, rows = layout.columns, layout.bottom - layout.top + 1
    pitch, row_pitch = min(COLUMN, width / (columns + 0.2)), min(ROW, height / (rows + 0.4))
    return Camera(pitch * 0.6, (height - row_pitch * (layout.top + layout.bottom)) / 2, pitch, row_pitch)
