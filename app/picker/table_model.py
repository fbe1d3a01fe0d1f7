"""The table of models as a Qt model: name, size, format, and how it runs here."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt

from app.language import tr
from app.picker.entries import Entry

Index = QModelIndex | QPersistentModelIndex

ENTRY = Qt.ItemDataRole.UserRole + 1
HEADERS = (tr("Model"), tr("Size"), tr("Format"), tr("Here"))
TIPS = (
    tr("What it is called"),
    tr("Of its weights"),
    tr("The number format of its weights"),
    tr("How many tokens a second to expect on this machine"),
)


class Column(IntEnum):
    MODEL, SIZE, FORMAT, HERE = range(4)


class ModelTable(QAbstractTableModel):
    """Rows keep their places while only what is said of them changes, so that selection and scrolling stay."""

    def __init__(self) -> None:
        super().__init__()
        self._entries: list[Entry] = []

    @property
    def entries(self) -> Sequence[Entry]:
        return self._entries

    def show_entries(self, entries: list[Entry]) -> None:
        """Show these in this order."""
        if [entry.key for entry in entries] == [entry.key for entry in self._entries]:
            changed = [row for row, entry in enumerate(entries) if entry != self._entries[row]]
            self._entries = entries
            for row in changed:
                self.dataChanged.emit(self.index(row, 0), self.index(row, len(HEADERS) - 1))
            return
        self.beginResetModel()
        self._entries = entries
        self.endResetModel()

    def row_of(self, key: str) -> int | None:
        return next((row for row, entry in enumerate(self._entries) if entry.key == key), None)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 (Qt's own signature)
        return 0 if parent.isValid() else len(self._entries)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 (Qt's own signature)
        return 0 if parent.isValid() else len(HEADERS)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        entry = self._entries[index.row()]
        if role == ENTRY:
            return entry
        if role == Qt.ItemDataRole.DisplayRole:
            return (entry.name, entry.size, entry.format, entry.here)[index.column()]
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return entry.spoken
        if role == Qt.ItemDataRole.ToolTipRole:
            return entry.problem or (entry.verdict.sentence if entry.verdict is not None else None) or entry.key
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return HEADERS[section]
        if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.ToolTipRole:
            return TIPS[section]
        if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignRight if section == Column.SIZE else Qt.AlignmentFlag.AlignLeft
            return side | Qt.AlignmentFlag.AlignVCenter
        return None
