"""The node card: every fact of the node pointed at, or the whole step in words."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.style.theme import theme
from app.tree.ink import pen
from app.tree.wording import Card

HEIGHT = 132
_CELLS = ((0.0, 0.35), (0.35, 0.24), (0.59, 0.41))
"""Left end and width of the columns of facts, as shares of the room."""


class NodeCard(QWidget):
    """Shows a `Card`, or a sentence when there is none, always at one height so that nothing jumps."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.card: Card | None = None
        self.sentence = ""
        self._facts: tuple[tuple[str, str], ...] = ()
        self.setFixedHeight(HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Node")
        theme().changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(320, HEIGHT)

    def show_card(self, card: Card) -> None:
        """Show the facts of a node."""
        self.card, self._facts = card, card.facts
        self._describe(f"{card.title}, {card.state}. " + ", ".join(f"{name} {fact}" for name, fact in card.facts))

    def show_sentence(self, sentence: str, facts: tuple[tuple[str, str], ...] = ()) -> None:
        """Show a step in words, and up to three of its facts."""
        self.card, self.sentence, self._facts = None, sentence, facts
        self._describe(sentence)

    def _describe(self, text: str) -> None:
        self.setAccessibleDescription(text)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        palette = theme().palette
        painter.setPen(pen(palette.line, 1))
        painter.setBrush(palette.surface)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
        room = QRectF(self.rect()).adjusted(12, 9, -12, -8)
        if self.card is None:
            painter.setFont(theme().font(13))
            painter.setPen(palette.ink)
            painter.drawText(room.adjusted(0, 0, 0, -36), int(Qt.TextFlag.TextWordWrap), self.sentence)
        else:
            _paint_line(painter, room, self.card.title, theme().font(13, mono=True, bold=True), palette.ink)
            _paint_line(painter, room.translated(0, 19), self.card.state, theme().font(11), palette.muted)
        first_line = room.top() + (44 if self.card else 80)
        for index, (name, fact) in enumerate(self._facts):
            line, column = divmod(index, len(_CELLS))
            left, share = _CELLS[column]
            cell = QRectF(room.left() + left * room.width(), first_line + line * 36, share * room.width() - 4, 30)
            _paint_line(painter, cell, name, theme().font(11), palette.muted)
            _paint_line(painter, cell.translated(0, 15), fact, theme().font(13, mono=True), palette.ink)


def _paint_line(painter: QPainter, room: QRectF, text: str, font: QFont, colour: QColor) -> None:
    """One line of text at the top of `room`, shortened to its width."""
    metrics = QFontMetricsF(font)
    painter.setFont(font)
    painter.setPen(colour)
    shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, room.width())
    painter.drawText(QPointF(room.left(), room.top() + metrics.ascent()), shown)
