"""Draws the table of well-known models: two lines a row, marks as framed words, and a bar of tiers."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QKeyEvent, QPainter, QPen
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
from app.planner.worth_table import MARKS, OFFER, Column, WorthTable, detail, resident_share
from app.style.painted import framed
from app.style.patterns import missing_brush, tier_brush
from app.style.theme import theme
from core.planning.worth import Offer

Index = QModelIndex | QPersistentModelIndex

ROW_HEIGHT, HEADER_HEIGHT = 44, 26
PADDING = 8
WIDTHS = {Column.RESIDENT: 104, Column.SPEED: 72, Column.DOWNLOAD: 96}
MIDDLE = Qt.AlignmentFlag.AlignVCenter


class _Painter(QStyledItemDelegate):
    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(60, ROW_HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        offer: Offer = index.data(OFFER)
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
        match index.column():
            case Column.MODEL:
                _paint_name(painter, inner, offer)
            case Column.RESIDENT:
                _paint_tiers(painter, inner, offer)
            case _:
                painter.setFont(theme().font(13, mono=True))
                painter.setPen(palette.ink if offer.plan.fits or index.column() == Column.DOWNLOAD else palette.muted)
                painter.drawText(inner, MIDDLE | Qt.AlignmentFlag.AlignRight, index.data())
        painter.restore()


def _paint_name(painter: QPainter, area: QRect, offer: Offer) -> None:
    """The name with its mark, and below its format and draft."""
    palette = theme().palette
    small = theme().font(11)
    mark = MARKS.get(offer.certainty, "")
    taken = QFontMetrics(small).horizontalAdvance(mark) + 16 if mark else 0
    top = QRect(area.left(), area.top() + 4, area.width(), 20)
    painter.setFont(theme().font(13))
    painter.setPen(palette.ink)
    name = painter.fontMetrics().elidedText(
        offer.entry.name.rpartition("/")[2], Qt.TextElideMode.ElideMiddle, max(60, area.width() - taken)
    )
    painter.drawText(top, MIDDLE, name)
    left = area.left() + painter.fontMetrics().horizontalAdvance(name) + 8
    painter.setFont(small)
    painter.setPen(QPen(palette.muted, 1))
    if mark:
        frame = QRectF(left + 0.5, top.top() + 2.5, taken - 8, 15)
        painter.drawRoundedRect(frame, 3, 3)
        painter.drawText(frame, Qt.AlignmentFlag.AlignCenter, mark)
    below = QRect(area.left(), area.top() + 23, area.width(), 16)
    words = painter.fontMetrics().elidedText(detail(offer), Qt.TextElideMode.ElideRight, below.width())
    painter.drawText(below, MIDDLE, words)


def _paint_tiers(painter: QPainter, area: QRect, offer: Offer) -> None:
    """The weights as a bar by tier, and below it the share that stays where layers compute."""
    palette, plan = theme().palette, offer.plan
    bar = QRectF(area.left() + 0.5, area.top() + 9.5, area.width() - 1, 10)
    with framed(painter, bar, 3):
        if plan.fits:
            left = bar.left()
            for tier, share in offer.shares.items():
                brush = tier_brush(tier, tier is plan.resident_tier, palette)
                painter.fillRect(QRectF(left, bar.top(), share * bar.width(), bar.height()), brush)
                left += share * bar.width()
        else:
            painter.fillRect(bar, missing_brush(palette))
    painter.setFont(theme().font(11))
    painter.setPen(palette.muted if plan.fits else palette.draft)
    words = tr("{share:.0%} resident", share=resident_share(offer)) if plan.fits else tr("does not fit")
    painter.drawText(QRect(area.left(), area.top() + 23, area.width(), 16), MIDDLE, words)


class WorthView(QTableView):
    """Signals: picked, with the offer that is selected now, or None; taken, with one that Enter was pressed on."""

    picked = Signal(object)
    taken = Signal(object)

    def __init__(self, table: WorthTable, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._table = table
        self._name: str | None = None
        self.setModel(table)
        self.setItemDelegate(_Painter(self))
        self.setAccessibleName(tr("Well-known models"))
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
        header.setSectionResizeMode(Column.MODEL, QHeaderView.ResizeMode.Stretch)
        for column, width in WIDTHS.items():
            self.setColumnWidth(column, width)
        self.setSortingEnabled(True)
        # The model writes the arrow behind the name: Qt's own would cover it where names stand at the right.
        header.setSortIndicatorShown(False)
        self.sortByColumn(Column.SPEED, Qt.SortOrder.DescendingOrder)
        self.doubleClicked.connect(lambda index: self.taken.emit(index.data(OFFER)))
        self.selectionModel().currentRowChanged.connect(self._pick)
        table.modelReset.connect(self._restore)
        theme().changed.connect(self.viewport().update)
        self._restore()

    @property
    def offer(self) -> Offer | None:
        """The selected one."""
        index = self.currentIndex()
        return index.data(OFFER) if index.isValid() else None

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.offer is not None:
            self.taken.emit(self.offer)
        else:
            super().keyPressEvent(event)

    def _pick(self, index: QModelIndex) -> None:
        offer: Offer | None = index.data(OFFER) if index.isValid() else None
        self._name = offer.entry.name if offer is not None else self._name
        self.picked.emit(offer)

    def _restore(self) -> None:
        """After other rows came: as high as they are, and the same model selected if it is still there."""
        self.setFixedHeight(HEADER_HEIGHT + self._table.rowCount() * ROW_HEIGHT + 2)
        row = self._table.row_of(self._name) if self._name is not None else None
        if row is not None:
            self.selectRow(row)
