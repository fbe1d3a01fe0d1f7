"""Well-known models on a computer as a Qt table: where their weights would live, speed, download; in any order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import IntEnum
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt

from app.language import tr
from app.planner.wording import figure, speed_range
from core.planning.sources import SELF
from core.planning.worth import Offer
from core.sizes import format_size

Index = QModelIndex | QPersistentModelIndex

OFFER = Qt.ItemDataRole.UserRole + 1
HEADERS = (tr("Model"), tr("Resident"), "tok/s", tr("Download"))
TIPS = (
    tr("What it is called, the format of its weights, and the draft that makes it fastest"),
    tr("Where its weights would live, and which share would never have to travel"),
    tr("Tokens per second that the plan predicts, with its draft and 8k of context: the middle of a range"),
    tr("The bytes of its weights and its draft's"),
)
MARKS = {
    "recalled": tr("recalled"),
    "unsourced": tr("unsourced"),
}
MARK_MEANINGS = {
    "recalled": tr("Its numbers are from memory, with a source to check them by."),
    "unsourced": tr("Its numbers are from memory, without a source."),
}


class Column(IntEnum):
    MODEL, RESIDENT, SPEED, DOWNLOAD = range(4)


def short_name(offer: Offer) -> str:
    return offer.entry.name.rpartition("/")[2]


def detail(offer: Offer) -> str:
    """The second line: format and draft."""
    if offer.draft is None and SELF in offer.plan.sources:
        return tr("{format}, drafts for itself", format=offer.weight_format)
    if offer.draft is None:
        return tr("{format}, no draft", format=offer.weight_format)
    return tr("{format}, draft {draft}", format=offer.weight_format, draft=offer.draft.name.rpartition("/")[2])


def resident_share(offer: Offer) -> float:
    """Which share of the weights stays on what computes; nothing of what does not fit."""
    return offer.shares.get(offer.plan.resident_tier, 0.0) if offer.plan.fits else 0.0


def residence(offer: Offer) -> str:
    """Where the weights live, in words."""
    if not offer.plan.fits:
        return tr("does not fit")
    return ", ".join(f"{tier.upper()} {share:.0%}" for tier, share in offer.shares.items())


def speed_words(offer: Offer) -> str:
    return figure(offer.tokens_per_second) if offer.plan.speed else "–"


KEYS: dict[Column, Callable[[Offer], Any]] = {
    Column.MODEL: lambda offer: short_name(offer).casefold(),
    Column.RESIDENT: resident_share,
    Column.SPEED: lambda offer: offer.tokens_per_second,
    Column.DOWNLOAD: lambda offer: offer.download,
}


class WorthTable(QAbstractTableModel):
    """Sorted by speed unless somebody asks for another order."""

    def __init__(self) -> None:
        super().__init__()
        self._offers: list[Offer] = []
        self._by, self._descending = Column.SPEED, True

    def show_offers(self, offers: Sequence[Offer]) -> None:
        self.beginResetModel()
        self._offers = self._sorted(offers)
        self.endResetModel()

    def row_of(self, name: str) -> int | None:
        """Where the model of that name is."""
        return next((row for row, offer in enumerate(self._offers) if offer.entry.name == name), None)

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        self._by, self._descending = Column(column), order is Qt.SortOrder.DescendingOrder
        self.show_offers(self._offers)
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, len(HEADERS) - 1)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 (Qt's own signature)
        return 0 if parent.isValid() else len(self._offers)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 (Qt's own signature)
        return 0 if parent.isValid() else len(HEADERS)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        offer, column = self._offers[index.row()], Column(index.column())
        if role == OFFER:
            return offer
        if role == Qt.ItemDataRole.DisplayRole:
            return (short_name(offer), residence(offer), speed_words(offer), format_size(offer.download))[column]
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return _spoken(offer) if column is Column.MODEL else self.data(index)
        if role == Qt.ItemDataRole.ToolTipRole:
            return _tip(offer, column)
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return HEADERS[section] + ((" ↓" if self._descending else " ↑") if section == self._by else "")
        if role == Qt.ItemDataRole.ToolTipRole:
            return TIPS[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            right = section in (Column.SPEED, Column.DOWNLOAD)
            side = Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft
            return side | Qt.AlignmentFlag.AlignVCenter
        return None

    def _sorted(self, offers: Sequence[Offer]) -> list[Offer]:
        return sorted(offers, key=KEYS[self._by], reverse=self._descending)


def _spoken(offer: Offer) -> str:
    """A row in one sentence."""
    mark = MARKS.get(offer.certainty, "")
    return ", ".join(filter(None, (short_name(offer), detail(offer), mark)))


def _tip(offer: Offer, column: Column) -> str:
    plan = offer.plan
    if column is Column.MODEL:
        return " ".join(filter(None, (offer.entry.name + ".", MARK_MEANINGS.get(offer.certainty, ""))))
    if not plan.fits:
        return plan.warnings[0]
    if column is Column.RESIDENT:
        return residence(offer)
    if column is Column.SPEED and plan.speed is not None:
        return tr(
            "{range}: {tokens:.1f} tokens per step ({source})",
            range=speed_range(plan.speed),
            tokens=plan.speed.tokens_per_step,
            source=plan.speed.tokens_per_step_source,
        )
    return ""
