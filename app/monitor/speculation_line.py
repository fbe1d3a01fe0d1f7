"""One line that is always true: speculation is on, or off and why."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.language import tr
from app.monitor.wording import speculation_words
from app.style.theme import theme
from core.decoding.report import Speculation

_HEIGHT = 20


class SpeculationLine(QWidget):
    """A dot and words: full when on, a ring when off."""

    def __init__(self, px: int = 13, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._px = px
        self._on = False
        self.words = speculation_words(None)
        self.setFixedHeight(_HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.show_speculation(None)
        theme().changed.connect(self.update)

    def show_speculation(self, speculation: Speculation | None) -> None:
        """Show a state; None while nothing is loaded."""
        self._on = speculation is not None and speculation.on
        self.words = speculation_words(speculation)
        self.setAccessibleName(self.words)
        meaning = tr("A small model drafts a tree of guesses, and the target checks all of them in one pass.")
        self.setToolTip("\n".join([self.words, *([speculation.why] if self._on and speculation else []), meaning]))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(int(QFontMetricsF(theme().font(self._px)).horizontalAdvance(self.words)) + 18, _HEIGHT)

    def minimumSizeHint(self) -> QSize:
        return QSize(40, _HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        palette = theme().palette
        painter.setPen(QPen(palette.accent if self._on else palette.muted, 1.5))
        painter.setBrush(palette.accent if self._on else Qt.BrushStyle.NoBrush)
        painter.drawEllipse(QPointF(6, _HEIGHT / 2), 4, 4)
        font = theme().font(self._px)
        painter.setFont(font)
        painter.setPen(palette.ink if self._on else palette.muted)
        shown = QFontMetricsF(font).elidedText(self.words, Qt.TextElideMode.ElideRight, self.width() - 17)
        painter.drawText(QRectF(16, 0, self.width() - 16, _HEIGHT), Qt.AlignmentFlag.AlignVCenter, shown)
