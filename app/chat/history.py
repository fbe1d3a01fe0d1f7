"""The list of conversations, grouped by when they were changed last."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt, QTimer

from app.chat.keeper import Keeper

if TYPE_CHECKING:
    from core.chat.store import Conversation

Index = QModelIndex | QPersistentModelIndex

SEARCH_PAUSE_MS = 150


class Role(IntEnum):
    """What a row tells beside its text."""

    IS_HEADING = Qt.ItemDataRole.UserRole + 1
    CONVERSATION = Qt.ItemDataRole.UserRole + 2


@dataclass(frozen=True)
class _Row:
    text: str
    conversation: Conversation | None


def age_group(changed: date, today: date) -> str:
    """The heading that a conversation stands under."""
    days = (today - changed).days
    for limit, name in ((0, "Today"), (1, "Yesterday"), (7, "Last 7 days"), (30, "Last 30 days")):
        if days <= limit:
            return name
    return "Earlier"


class History(QAbstractListModel):
    """Conversations under headings, the one changed last first."""

    def __init__(self, keeper: Keeper, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._keeper = keeper
        self._rows: list[_Row] = []
        self._search = ""
        self._pause = QTimer(self, interval=SEARCH_PAUSE_MS, singleShot=True)
        self._pause.timeout.connect(self.refresh)
        keeper.changed.connect(self.refresh)

    @property
    def search(self) -> str:
        return self._search

    def set_search(self, text: str) -> None:
        """List only conversations that contain a text, once the person pauses in typing it."""
        self._search = text.strip()
        self._pause.start()

    def refresh(self) -> None:
        search = self._search
        self._keeper.list(search, lambda found: self._show(found) if search == self._search else None)

    def row_of(self, conversation: int | None) -> int:
        """The row of a conversation by its number; -1 if it is not listed."""
        rows = (i for i, row in enumerate(self._rows) if row.conversation and row.conversation.id == conversation)
        return next(rows, -1)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 (Qt's own signature)
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row = self._rows[index.row()]
        match role:
            case Qt.ItemDataRole.DisplayRole | Qt.ItemDataRole.AccessibleTextRole:
                return row.text
            case Qt.ItemDataRole.ToolTipRole:
                return row.text if row.conversation is not None else None
            case Role.IS_HEADING:
                return row.conversation is None
            case Role.CONVERSATION:
                return row.conversation
            case _:
                return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        if self._rows[index.row()].conversation is None:
            return Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable

    def _show(self, conversations: list[Conversation]) -> None:
        today = datetime.now().date()
        rows: list[_Row] = []
        group = ""
        for conversation in conversations:
            name = age_group(conversation.updated.astimezone().date(), today)
            if name != group:
                rows.append(_Row(name, None))
                group = name
            rows.append(_Row(conversation.title, conversation))
        self.beginResetModel()
        self._rows = rows
        self.endResetModel()
