"""The colour of who proposed a token: the same in the tree and wherever else it is told."""

from __future__ import annotations

from PySide6.QtGui import QColor

from app.style.palette import Palette


def source_colour(source: str, palette: Palette) -> QColor:
    """The colour of one source of `core.planning.sources.SOURCES`; of any other that of the draft model."""
    others = {"lookup": palette.ram, "recycling": palette.ssd, "exit": palette.cache, "self": palette.draft}
    return others.get(source, palette.accent)
