"""Draws the table of models: two lines a row, badges as words in frames, and a mark whose shape says how it fits."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QKeyEvent, QPainter, QPen
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from app.language import tr
from app.picker.entries import DRAFT, TARGET, Entry
from app.picker.table_model import ENTRY, Column, ModelTable
from app.style.theme import theme

Index = QModelIndex | QPersistentModelIndex

ROW_HEIGHT, HEADER_HEIGHT = 44, 26
MOST_ROWS = 8
"""Rows that are shown without scrolling."""

PADDING = 8
WIDTHS = {Column.SIZE: 84, Column.FORMAT: 88, Column.HERE: 148}
MIDDLE = Qt.AlignmentFlag.AlignVCenter


class _Painter(QStyledItemDelegate):
    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(80, ROW_HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        entry: Entry = index.data(ENTRY)
        state: QStyle.StateFlag = option.state
        area = QRect(option.rect)
        palette = theme().palette
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if state & QStyle.StateFlag.State_Selected:
            painter.fillRect(area, palette.selected)
        elif state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(area, palette.hover)
        painter.setPen(palette.line)
        painter.drawLine(area.bottomLeft(), area.bottomRight())
        inner = area.adjusted(PADDING, 0, -PADDING, 0)
        ink = palette.ink if entry.problem is None else palette.disabled
        match index.column():
            case Column.MODEL:
                _paint_name(painter, inner, entry, ink)
            case Column.HERE:
                _paint_fit(painter, inner, entry)
            case _:
                painter.setFont(theme().font(13))
                painter.setPen(ink)
                side = Qt.AlignmentFlag.AlignRight if index.column() == Column.SIZE else Qt.AlignmentFlag.AlignLeft
                text = painter.fontMetrics().elidedText(index.data(), Qt.TextElideMode.ElideRight, inner.width())
                painter.drawText(inner, MIDDLE | side, text)
        painter.restore()


def _paint_name(painter: QPainter, area: QRect, entry: Entry, ink: QColor) -> None:
    """The name with its badges, and below what it is."""
    palette = theme().palette
    small = theme().font(11)
    badges_width = sum(QFontMetrics(small).horizontalAdvance(badge) + 16 for badge in entry.badges)
    top = QRect(area.left(), area.top() + 4, area.width(), 20)
    painter.setFont(theme().font(13, bold=TARGET in entry.badges))
    painter.setPen(ink)
    room = max(60, area.width() - badges_width)
    name = painter.fontMetrics().elidedText(entry.name, Qt.TextElideMode.ElideMiddle, room)
    painter.drawText(top, MIDDLE, name)
    left = area.left() + painter.fontMetrics().horizontalAdvance(name) + 8
    painter.setFont(small)
    for badge in entry.badges:
        width = painter.fontMetrics().horizontalAdvance(badge) + 8
        frame = QRectF(left + 0.5, top.top() + 2.5, width, 15)
        colour = palette.accent if badge in (TARGET, DRAFT) else palette.muted
        painter.setPen(QPen(colour, 1))
        painter.drawRoundedRect(frame, 3, 3)
        painter.drawText(frame, Qt.AlignmentFlag.AlignCenter, badge)
        left += width + 8
    below = QRect(area.left(), area.top() + 23, area.width(), 16)
    painter.setPen(palette.muted if entry.problem is None else palette.disabled)
    _draw_elided(painter, below, entry.detail)


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
    _draw_elided(painter, words, entry.here)


def _draw_elided(painter: QPainter, area: QRect, text: str) -> None:
    shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, area.width())
    painter.drawText(area, MIDDLE, shown)


class ModelTableView(QTableView):
    """As high as its rows, up to a few; then it scrolls.

    Signals:
        picked: The entry that is selected now, or None.
        taken: An entry that was double-clicked, or Enter pressed on.
        menu_wanted: An entry, and where on the screen its menu is to be.
    """

    picked = Signal(object)
    taken = Signal(object)
    menu_wanted = Signal(object, QPoint)

    def __init__(self, table: ModelTable, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._table = table
        self._key: str | None = None
        self.setModel(table)
        self.setItemDelegate(_Painter(self))
        self.setAccessibleName(name)
        self.setMouseTracking(True)
        self.setProperty("roomy", True)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._want_menu)
        self.doubleClicked.connect(lambda index: self.taken.emit(index.data(ENTRY)))
        for corner in self.findChildren(QAbstractButton):  # Qt's own, above the hidden header.
            corner.setAccessibleName(tr("All models"))
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(ROW_HEIGHT)
        header = self.horizontalHeader()
        header.setFixedHeight(HEADER_HEIGHT)
        header.setHighlightSections(False)
        header.setSectionsClickable(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header.setSectionResizeMode(Column.MODEL, QHeaderView.ResizeMode.Stretch)
        for column, width in WIDTHS.items():
            self.setColumnWidth(column, width)
        self.selectionModel().currentRowChanged.connect(self._pick)
        table.modelReset.connect(self._restore)
        table.dataChanged.connect(self._tell_again)
        theme().changed.connect(self.viewport().update)
        self._restore()

    @property
    def entry(self) -> Entry | None:
        """The selected one."""
        index = self.currentIndex()
        return index.data(ENTRY) if index.isValid() else None

    def pick(self, key: str) -> None:
        """Select a row, if it is there."""
        row = self._table.row_of(key)
        if row is not None:
            self.selectRow(row)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.entry is not None:
            self.taken.emit(self.entry)
        else:
            super().keyPressEvent(event)

    def _pick(self, index: QModelIndex) -> None:
        entry: Entry | None = index.data(ENTRY) if index.isValid() else None
        self._key = entry.key if entry is not None else self._key
        self.picked.emit(entry)

    def _restore(self) -> None:
        """After other rows came: the same height as they have, and the same one selected if it is still there."""
        rows = min(MOST_ROWS, self._table.rowCount())
        self.setFixedHeight(HEADER_HEIGHT + rows * ROW_HEIGHT + 2)
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
