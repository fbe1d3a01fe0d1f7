"""Draws the table of well-known models: two lines a row, marks as framed words, and a bar of tiers."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QRect, QRectF, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QWidget

from app.language import tr
from app.planner.worth_table import MARKS, OFFER, Column, WorthTable, detail, resident_share
from app.style.painted import framed
from app.style.patterns import missing_brush, tier_brush
from app.style.theme import theme
from app.style.two_lines import MIDDLE, Index, TwoLineTable, paint_two_lines
from core.planning.worth import Offer

WIDTHS = {Column.RESIDENT: 104, Column.SPEED: 72, Column.DOWNLOAD: 96}


def _paint_cell(painter: QPainter, area: QRect, index: Index) -> None:
    offer: Offer = index.data(OFFER)
    palette = theme().palette
    match index.column():
        case Column.MODEL:
            mark = MARKS.get(offer.certainty, "")
            badges = [(mark, palette.muted)] if mark else []
            name = offer.entry.name.rpartition("/")[2]
            paint_two_lines(painter, area, name, badges, detail(offer), (palette.ink, palette.muted))
        case Column.RESIDENT:
            _paint_tiers(painter, area, offer)
        case _:
            painter.setFont(theme().font(13, mono=True))
            painter.setPen(palette.ink if offer.plan.fits or index.column() == Column.DOWNLOAD else palette.muted)
            painter.drawText(area, MIDDLE | Qt.AlignmentFlag.AlignRight, index.data())


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


class WorthView(TwoLineTable):
    """As high as its rows; sorted by a click on a column."""

    def __init__(self, table: WorthTable, parent: QWidget | None = None) -> None:
        super().__init__(table, tr("Well-known models"), _paint_cell, OFFER, WIDTHS, parent)
        self._table = table
        self._name: str | None = None
        self.setSortingEnabled(True)
        # The model writes the arrow behind the name: Qt's own would cover it where names stand at the right.
        self.horizontalHeader().setSortIndicatorShown(False)
        self.sortByColumn(Column.SPEED, Qt.SortOrder.DescendingOrder)
        self.selectionModel().currentRowChanged.connect(self._pick)
        table.modelReset.connect(self._restore)
        self._restore()

    @property
    def offer(self) -> Offer | None:
        """The selected one."""
        offer: Offer | None = self.selected()
        return offer

    def _pick(self, index: QModelIndex) -> None:
        offer: Offer | None = index.data(OFFER) if index.isValid() else None
        self._name = offer.entry.name if offer is not None else self._name
        self.picked.emit(offer)

    def _restore(self) -> None:
        """After other rows came: as high as they are, and the same model selected if it is still there."""
        self.show_rows(self._table.rowCount())
        row = self._table.row_of(self._name) if self._name is not None else None
        if row is not None:
            self.selectRow(row)
