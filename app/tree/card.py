"""The node card: every fact of the node pointed at, or the whole step in words."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QHelpEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from app.language import tr
from app.style.theme import theme
from app.tree.ink import pen
from app.tree.wording import DEFINITIONS, Card, Facts, quoted

HEIGHT = 172
_CELLS = ((0.0, 0.33), (0.33, 0.33), (0.66, 0.34))
"""Left end and width of the columns of facts, as shares of the room."""

_FACT = 35
"""Pixels of a line of facts."""


class NodeCard(QWidget):
    """Shows a `Card`, or a sentence when there is none, always at one height so that nothing jumps."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.card: Card | None = None
        self.sentence = ""
        self._facts: Facts = ()
        self.setFixedHeight(HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(tr("Node"))
        theme().changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(320, HEIGHT)

    def show_card(self, card: Card) -> None:
        """Show the facts of a node."""
        self.card, self._facts = card, card.facts
        facts = ", ".join(f"{name} {fact}" for name, fact in card.facts)
        self._describe(
            tr(
                "{title}, {state}. {facts}. Text so far: {text}",
                title=card.title,
                state=card.state,
                facts=facts,
                text=card.text,
            )
        )

    def show_sentence(self, sentence: str, facts: Facts = ()) -> None:
        """Show a step in words, and up to six of its facts."""
        self.card, self.sentence, self._facts = None, sentence, facts
        self._describe(" ".join([sentence, ", ".join(f"{name} {fact}" for name, fact in facts)]).strip())

    def _describe(self, text: str) -> None:
        self.setAccessibleDescription(text)
        self.update()

    def event(self, event: QEvent) -> bool:
        if event.type() is QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            under = [name for name, cell in self._cells() if cell.contains(event.pos()) and name in DEFINITIONS]
            QToolTip.showText(event.globalPos(), DEFINITIONS[under[0]] if under else "", self)
            return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        palette = theme().palette
        painter.setPen(pen(palette.line, 1))
        painter.setBrush(palette.surface)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
        room = self._room
        if self.card is None:
            painter.setFont(theme().font(13))
            painter.setPen(palette.ink)
            place = room.adjusted(0, 0, 0, -84 if self._facts else 0)
            painter.drawText(place, int(Qt.TextFlag.TextWordWrap), shortened(self.sentence, place, painter.font()))
        else:
            _paint_line(painter, room, self.card.title, theme().font(13, mono=True, bold=True), palette.ink)
            title = QFontMetricsF(theme().font(13, mono=True, bold=True)).horizontalAdvance(self.card.title)
            beside = room.adjusted(min(title + 10, room.width() * 0.6), 1, 0, 0)
            _paint_line(painter, beside, self.card.state, theme().font(11), palette.muted)
            text = theme().font(11, mono=True)
            end = Qt.TextElideMode.ElideLeft
            _paint_line(painter, room.translated(0, 22), quoted(self.card.text), text, palette.muted, end)
        facts = dict(self._facts)
        for name, cell in self._cells():
            _paint_line(painter, cell, name, theme().font(11), palette.muted)
            _paint_line(painter, cell.translated(0, 15), facts[name], theme().font(12, mono=True), palette.ink)

    @property
    def _room(self) -> QRectF:
        return QRectF(self.rect()).adjusted(12, 9, -12, -8)

    def _cells(self) -> list[tuple[str, QRectF]]:
        """The names of the facts and where they stand."""
        room = self._room
        first_line = room.top() + (46 if self.card else 70)
        cells = []
        for index, (name, _) in enumerate(self._facts):
            line, column = divmod(index, len(_CELLS))
            left, share = _CELLS[column]
            place = QRectF(room.left() + left * room.width(), first_line + line * _FACT, share * room.width() - 4, 31)
            cells.append((name, place))
        return cells


def shortened(text: str, room: QRectF, font: QFont) -> str:
    """A text that fits into a place when it is wrapped: of one that is too long, the middle is left out."""
    metrics = QFontMetricsF(font)
    wrap = int(Qt.TextFlag.TextWordWrap)
    fitting, short = len(text), text
    while fitting > 1 and metrics.boundingRect(room, wrap, short).height() > room.height():
        fitting -= max(1, fitting // 12)
        begin, end = text[: fitting - fitting // 2].rstrip(), text[len(text) - fitting // 2 :].lstrip()
        short = f"{begin} … {end}"
    return short


def _paint_line(
    painter: QPainter,
    room: QRectF,
    text: str,
    font: QFont,
    colour: QColor,
    elide: Qt.TextElideMode = Qt.TextElideMode.ElideRight,
) -> None:
    """One line of text at the top of `room`, shortened to its width."""
    metrics = QFontMetricsF(font)
    painter.setFont(font)
    painter.setPen(colour)
    painter.drawText(
        QPointF(room.left(), room.top() + metrics.ascent()), metrics.elidedText(text, elide, room.width())
    )
