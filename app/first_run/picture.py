"""The one picture of the first page: a tree of guesses, of which the big model takes one path in one pass."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.language import tr
from app.style.theme import theme
from app.tree.shapes import diamond

HEIGHT = 200
BOX = QSize(108, 26)
TILES = 24


@dataclass(frozen=True)
class _Guess:
    """A guessed word: its column and row, the guess before it, and whether the big model took it."""

    word: str
    column: int
    row: float
    parent: int | None
    taken: bool


GUESSES = (
    _Guess("join", 0, 1.5, None, True),
    _Guess("path", 1, 0.5, 0, True),
    _Guess("two", 1, 2.5, 0, False),
    _Guess("components", 2, 0.0, 1, True),
    _Guess("names", 2, 1.0, 1, False),
    _Guess("strings", 2, 2.5, 2, False),
    _Guess("with", 3, 0.0, 3, False),
    _Guess("inserting", 3, 1.0, 3, True),
)


class HowPicture(QWidget):
    """Painted, so that it is sharp at any size and follows the theme."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedHeight(HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(
            tr("A tree of guessed words; the big model, whose layers stream from the drive, takes one path of it")
        )
        theme().changed.connect(self.update)

    def paintEvent(self, _: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_tree(painter, QRectF(0, 4, self.width(), HEIGHT - 68))
        self._paint_layers(painter, QRectF(0, HEIGHT - 44, self.width(), 18))

    def _paint_tree(self, painter: QPainter, room: QRectF) -> None:
        palette = theme().palette
        boxes = [self._box(guess, room) for guess in GUESSES]
        for guess, box in zip(GUESSES, boxes, strict=True):
            if guess.parent is not None:
                colour = palette.accent if guess.taken else palette.others
                painter.setPen(QPen(colour, 2.5 if guess.taken else 1.2))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawPath(_edge(boxes[guess.parent], box))
        painter.setFont(theme().font(13))
        for guess, box in zip(GUESSES, boxes, strict=True):
            painter.setPen(QPen(palette.accent if guess.taken else palette.others, 1.2))
            painter.setBrush(palette.accent if guess.taken else palette.surface)
            painter.drawRoundedRect(box, 6, 6)
            painter.setPen(palette.on_accent if guess.taken else palette.muted)
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, f"✓ {guess.word}" if guess.taken else guess.word)
        end = boxes[-1]
        centre = QPointF(end.right() + 28, end.center().y())
        painter.setPen(QPen(palette.accent, 2.5))
        painter.drawLine(QPointF(end.right(), end.center().y()), QPointF(centre.x() - 9, centre.y()))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(palette.draft)
        painter.drawPolygon(diamond(centre, 8))

    def _paint_layers(self, painter: QPainter, bar: QRectF) -> None:
        """The big model's layers: some rest in memory, the others pass through."""
        palette = theme().palette
        width = bar.width() / TILES
        for index in range(TILES):
            tile = QRectF(bar.x() + index * width + 1, bar.y(), width - 2, bar.height())
            painter.setPen(QPen(palette.ram if index < TILES // 3 else palette.ssd, 1))
            painter.setBrush(palette.ram if index < TILES // 3 else palette.surface)
            painter.drawRoundedRect(tile, 2, 2)
        painter.setPen(palette.muted)
        painter.setFont(theme().font(11))
        below = bar.translated(0, 22)
        painter.drawText(below, Qt.AlignmentFlag.AlignLeft, tr("layers that stay in memory"))
        words = tr("layers that stream from the drive, once for the whole tree")
        painter.drawText(below, Qt.AlignmentFlag.AlignRight, words)

    def _box(self, guess: _Guess, room: QRectF) -> QRectF:
        columns = max(each.column for each in GUESSES)
        rows = max(each.row for each in GUESSES)
        left = (room.width() - BOX.width() - 44) * guess.column / columns
        top = room.y() + (room.height() - BOX.height()) * guess.row / rows
        return QRectF(left + 1, top, BOX.width(), BOX.height())


def _edge(start: QRectF, end: QRectF) -> QPainterPath:
    path = QPainterPath(QPointF(start.right(), start.center().y()))
    middle = (start.right() + end.left()) / 2
    first, second = QPointF(middle, start.center().y()), QPointF(middle, end.center().y())
    path.cubicTo(first, second, QPointF(end.left(), end.center().y()))
    return path
