"""Pens, brushes and the label font of the tree, made from the theme once and used by both ways of drawing it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPen

from app.style.theme import Theme
from app.tree.labels import Labels


class Ink:
    """Everything the painters draw with. Made anew when the theme changes."""

    def __init__(self, theme: Theme) -> None:
        self.palette = theme.palette
        self.labels = Labels(theme.font(11, mono=True))
        self.caption = theme.font(11)
        self.edge = faded(self.palette.muted, 0.55)
        self.outline = faded(self.palette.muted, 0.75)
        self.band = faded(self.palette.line, 0.45)


def faded(colour: QColor, opacity: float) -> QColor:
    """A colour at a fraction of its opacity."""
    result = QColor(colour)
    result.setAlphaF(opacity)
    return result


def pen(colour: QColor, width: float, style: Qt.PenStyle = Qt.PenStyle.SolidLine) -> QPen:
    """A pen with round ends."""
    return QPen(colour, width, style, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin)
