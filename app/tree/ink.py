"""Pens, brushes and the label font of the tree, made from the theme once and used by both ways of drawing it."""

from __future__ import annotations

from functools import cache

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPen

from app.style.palette import mix
from app.style.sources import source_colour
from app.style.theme import Theme
from app.tree.labels import Labels


class Ink:
    """Everything the painters draw with. Made anew when the theme changes."""

    def __init__(self, theme: Theme) -> None:
        self.palette = theme.palette
        self.labels = Labels(theme.font(11, mono=True))
        self.caption = theme.font(11)
        self.edge = faded(self.palette.muted, 0.55)
        self.source = cache(self._source)
        self.outline = cache(self._outline)
        self.wash = cache(self._wash)
        self.thin = cache(self._thin)

    def _source(self, source: str) -> QColor:
        """The fill of an accepted node."""
        return source_colour(source, self.palette)

    def _outline(self, source: str) -> QColor:
        """The outline of a node that was not taken."""
        return mix(self.palette.surface, self.source(source), 0.75)

    def _wash(self, source: str) -> QColor:
        """The fill of a node that was not taken, where there are no outlines."""
        return mix(self.palette.surface, self.source(source), 0.16)

    def _thin(self, source: str) -> QColor:
        """The same where it is too thin for an outline beside."""
        return mix(self.palette.surface, self.source(source), 0.4)


def faded(colour: QColor, opacity: float) -> QColor:
    """A colour at a fraction of its opacity."""
    result = QColor(colour)
    result.setAlphaF(opacity)
    return result


def pen(colour: QColor, width: float, style: Qt.PenStyle = Qt.PenStyle.SolidLine) -> QPen:
    """A pen with round ends."""
    return QPen(colour, width, style, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin)
