"""Tables whose rows have two lines: how they are set up, what is behind their cells, and names with words in frames."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt, Signal
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
from app.style.theme import theme

Index = QModelIndex | QPersistentModelIndex

ROW_HEIGHT, HEADER_HEIGHT = 44, 26
PADDING = 8
MIDDLE = Qt.AlignmentFlag.AlignVCenter


class _RowPainter(QStyledItemDelegate):
    """Args: cell: Paints what is in a cell, within its padding."""

    def __init__(self, cell: Callable[[QPainter, QRect, Index], None], parent: QWidget) -> None:
        super().__init__(parent)
        self._cell = cell

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(80, ROW_HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
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
        self._cell(painter, area.adjusted(PADDING, 0, -PADDING, 0), index)
        painter.restore()


class TwoLineTable(QTableView):
    """A table of whole rows, one of which can be selected.

    Signals:
        picked: What is selected now, or None.
        taken: What was double-clicked, or Enter pressed on.
    """

    picked = Signal(object)
    taken = Signal(object)

    def __init__(
        self,
        table: QAbstractTableModel,
        name: str,
        cell: Callable[[QPainter, QRect, Index], None],
        role: int,
        widths: Mapping[Any, int],
        parent: QWidget | None = None,
    ) -> None:
        """
        Args:
            name: For screen readers.
            role: By which a row's cells tell what it stands for.
            widths: Of columns; the first, which is not among them, takes the rest.
        """
        super().__init__(parent)
        self._role = role
        self.setModel(table)
        self.setItemDelegate(_RowPainter(cell, self))
        self.setAccessibleName(name)
        self.setMouseTracking(True)
        self.setProperty("roomy", True)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        for corner in self.findChildren(QAbstractButton):  # Qt's own, above the hidden header.
            corner.setAccessibleName(tr("All models"))
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(ROW_HEIGHT)
        header = self.horizontalHeader()
        header.setFixedHeight(HEADER_HEIGHT)
        header.setHighlightSections(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for column, width in widths.items():
            self.setColumnWidth(column, width)
        self.doubleClicked.connect(lambda index: self.taken.emit(index.data(role)))
        theme().changed.connect(self.viewport().update)

    def selected(self) -> Any:
        """What the selected row stands for; None if there is none."""
        index = self.currentIndex()
        return index.data(self._role) if index.isValid() else None

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.selected() is not None:
            self.taken.emit(self.selected())
        else:
            super().keyPressEvent(event)

    def show_rows(self, rows: int) -> None:
        """Be as high as so many rows."""
        self.setFixedHeight(HEADER_HEIGHT + rows * ROW_HEIGHT + 2)


def paint_two_lines(
    painter: QPainter,
    area: QRect,
    name: str,
    badges: Sequence[tuple[str, QColor]],
    below: str,
    inks: tuple[QColor, QColor],
    bold: bool = False,
) -> None:
    """A name with words in frames behind it, and a smaller line below.

    Args:
        badges: Words, and the colour of each.
        inks: Of the name and of the line below.
    """
    ink, faint = inks
    small = theme().font(11)
    taken = sum(QFontMetrics(small).horizontalAdvance(badge) + 16 for badge, _ in badges)
    top = QRect(area.left(), area.top() + 4, area.width(), 20)
    painter.setFont(theme().font(13, bold=bold))
    painter.setPen(ink)
    name = painter.fontMetrics().elidedText(name, Qt.TextElideMode.ElideMiddle, max(60, area.width() - taken))
    painter.drawText(top, MIDDLE, name)
    left = area.left() + painter.fontMetrics().horizontalAdvance(name) + 8
    painter.setFont(small)
    for badge, colour in badges:
        width = painter.fontMetrics().horizontalAdvance(badge) + 8
        frame = QRectF(left + 0.5, top.top() + 2.5, width, 15)
        painter.setPen(QPen(colour, 1))
        painter.drawRoundedRect(frame, 3, 3)
        painter.drawText(frame, Qt.AlignmentFlag.AlignCenter, badge)
        left += width + 8
    painter.setPen(faint)
    draw_elided(painter, QRect(area.left(), area.top() + 23, area.width(), 16), below)


def draw_elided(painter: QPainter, area: QRect, text: str) -> None:
    """A line of text, cut short where it does not fit."""
    painter.drawText(area, MIDDLE, painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, area.width()))
