"""Draws the table of models: two lines a row, badges as words in frames, and a mark whose shape says how it fits."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPoint, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import QAbstractItemView, QWidget

from app.picker.entries import DRAFT, TARGET, Entry
from app.picker.table_model import ENTRY, Column, ModelTable
from app.style.theme import theme
from app.style.two_lines import MIDDLE, Index, TwoLineTable, draw_elided, paint_two_lines

MOST_ROWS = 8
"""Rows that are shown without scrolling."""

WIDTHS = {Column.SIZE: 84, Column.FORMAT: 88, Column.HERE: 148}


def _paint_cell(painter: QPainter, area: QRect, index: Index) -> None:
    entry: Entry = index.data(ENTRY)
    palette = theme().palette
    ink = palette.ink if entry.problem is None else palette.disabled
    match index.column():
        case Column.MODEL:
            badges = [
                (badge, palette.accent if badge in (TARGET, DRAFT) else palette.muted) for badge in entry.badges
            ]
            faint = palette.muted if entry.problem is None else palette.disabled
            paint_two_lines(
                painter, area, entry.name, badges, entry.detail, (ink, faint), bold=TARGET in entry.badges
            )
        case Column.HERE:
            _paint_fit(painter, area, entry)
        case _:
            painter.setFont(theme().font(13))
            painter.setPen(ink)
            side = Qt.AlignmentFlag.AlignRight if index.column() == Column.SIZE else Qt.AlignmentFlag.AlignLeft
            text = painter.fontMetrics().elidedText(index.data(), Qt.TextElideMode.ElideRight, area.width())
            painter.drawText(area, MIDDLE | side, text)


def _paint_fit(painter: QPainter, area: QRect, entry: Entry) -> None:
    """A filled dot runs well, a ring runs slowly, a cross does not run; the words say the same."""
    palette = theme().palette
    fit = entry.verdict.fit.name if entry.verdict is not None else ""
    bad = entry.problem is not None or fit in ("TOO_LARGE", "NO_ACCESS", "UNUSABLE")
    colour = palette.draft if bad else palette.accent if fit == "COMFORTABLE" else palette.ssd if fit else palette.muted
    mark = QRectF(area.left(), area.center().y() - 4, 8, 8)
    painter.setPen(QPen(colour, 1.6))
    if bad:
        painter.drawLine(mark.topLeft(), mark.bottomRight())
        painter.drawLine(mark.topRight(), mark.bottomLeft())
    elif fit:
        painter.setBrush(colour if fit == "COMFORTABLE" else Qt.BrushStyle.NoBrush)
        painter.drawEllipse(mark)
    words = area.adjusted(16, 0, 0, 0)
    painter.setFont(theme().font(13))
    painter.setPen(palette.muted if not fit and not bad else colour)
    draw_elided(painter, words, entry.here)


class ModelTableView(TwoLineTable):
    """As high as its rows, up to a few; then it scrolls.

    Signals: menu_wanted, with an entry, and where on the screen its menu is to be.
    """

    menu_wanted = Signal(object, QPoint)

    def __init__(self, table: ModelTable, name: str, parent: QWidget | None = None) -> None:
        super().__init__(table, name, _paint_cell, ENTRY, WIDTHS, parent)
        self._table = table
        self._key: str | None = None
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._want_menu)
        self.horizontalHeader().setSectionsClickable(False)
        self.selectionModel().currentRowChanged.connect(self._pick)
        table.modelReset.connect(self._restore)
        table.dataChanged.connect(self._tell_again)
        self._restore()

    @property
    def entry(self) -> Entry | None:
        """The selected one."""
        entry: Entry | None = self.selected()
        return entry

    def pick(self, key: str) -> None:
        """Select a row, if it is there."""
        row = self._table.row_of(key)
        if row is not None:
            self.selectRow(row)

    def _pick(self, index: QModelIndex) -> None:
        entry: Entry | None = index.data(ENTRY) if index.isValid() else None
        self._key = entry.key if entry is not None else self._key
        self.picked.emit(entry)

    def _restore(self) -> None:
        """After other rows came: the same height as they have, and the same one selected if it is still there."""
        self.show_rows(min(MOST_ROWS, self._table.rowCount()))
        row = self._table.row_of(self._key) if self._key is not None else None
        if row is not None:
            self.selectRow(row)
        else:
            self.picked.emit(None)

    def _tell_again(self, first: QModelIndex, last: QModelIndex) -> None:
        if first.row() <= self.currentIndex().row() <= last.row():
            self.picked.emit(self.entry)

    def _want_menu(self, at: QPoint) -> None:
        index = self.indexAt(at)
        if index.isValid():
            self.menu_wanted.emit(index.data(ENTRY), self.viewport().mapToGlobal(at))
