"""The list of conversations: pinned ones, folders, and the rest grouped by when they were changed last."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from enum import IntEnum
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt, QTimer

from app.chat.keeper import Keeper
from app.language import tr
from core.chat.conversation import Conversation, Folder

Index = QModelIndex | QPersistentModelIndex

SEARCH_PAUSE_MS = 150


class Role(IntEnum):
    """What a row tells beside its text."""

    IS_HEADING = Qt.ItemDataRole.UserRole + 1
    CONVERSATION = Qt.ItemDataRole.UserRole + 2
    FOLDER = Qt.ItemDataRole.UserRole + 3
    IS_CLOSED = Qt.ItemDataRole.UserRole + 4
    DEPTH = Qt.ItemDataRole.UserRole + 5


@dataclass(frozen=True)
class Row:
    """A heading, a folder or a conversation. `depth` is 1 within a folder."""

    text: str
    conversation: Conversation | None = None
    folder: Folder | None = None
    closed: bool = False
    depth: int = 0


def age_group(changed: date, today: date) -> str:
    """The heading that a conversation stands under."""
    days = (today - changed).days
    for limit, name in ((0, tr("Today")), (1, tr("Yesterday")), (7, tr("Last 7 days")), (30, tr("Last 30 days"))):
        if days <= limit:
            return name
    return tr("Earlier")


def grouped(
    conversations: Iterable[Conversation], folders: Iterable[Folder], closed: set[int], today: date
) -> list[Row]:
    """The rows: what is pinned, each folder with what is in it unless it is closed, the rest by age."""
    pinned = [one for one in conversations if one.pinned]
    loose = [one for one in conversations if not one.pinned and one.folder is None]
    rows = [Row(tr("Pinned")), *(Row(one.title, one) for one in pinned)] if pinned else []
    for folder in folders:
        inside = [one for one in conversations if one.folder == folder.id and not one.pinned]
        shut = folder.id in closed
        rows.append(Row(f"{folder.name} ({len(inside)})", folder=folder, closed=shut))
        rows += [Row(one.title, one, depth=1) for one in inside if not shut]
    return [*rows, *by_age(loose, today)]


def by_age(conversations: Iterable[Conversation], today: date) -> Iterator[Row]:
    """Conversations, the one changed last first, under headings of their age."""
    group = ""
    for conversation in conversations:
        name = age_group(conversation.updated.astimezone().date(), today)
        if name != group:
            yield Row(name)
            group = name
        yield Row(conversation.title, conversation)


class History(QAbstractListModel):
    """Conversations under headings, the one changed last first.

    Attributes:
        folders: All folders, by name.
    """

    def __init__(self, keeper: Keeper, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.folders: list[Folder] = []
        self._keeper = keeper
        self._found: list[Conversation] = []
        self._rows: list[Row] = []
        self._closed: set[int] = set()
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
        self._keeper.conversations(search, lambda found: self._take(*found) if search == self._search else None)

    def toggle(self, folder: Folder) -> None:
        """Close an open folder, open a closed one."""
        self._closed ^= {folder.id}
        self._show()

    def inside(self, folder: Folder) -> list[Conversation]:
        """The conversations in a folder."""
        return [conversation for conversation in self._found if conversation.folder == folder.id]

    def row_of(self, conversation: int | None) -> int:
        """The row of a conversation by its number; -1 if it is not listed."""
        rows = (i for i, row in enumerate(self._rows) if row.conversation and row.conversation.id == conversation)
        return next(rows, -1)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 (Qt's own signature)
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row = self._rows[index.row()]
        spoken = (
            tr("Folder {text}, {more}", text=row.text, more=tr("closed") if row.closed else tr("open"))
            if row.folder
            else row.text
        )
        values: dict[int, Any] = {
            Qt.ItemDataRole.DisplayRole: row.text,
            Qt.ItemDataRole.AccessibleTextRole: spoken,
            Qt.ItemDataRole.ToolTipRole: row.text if row.conversation is not None else None,
            Role.IS_HEADING: row.conversation is None,
            Role.CONVERSATION: row.conversation,
            Role.FOLDER: row.folder,
            Role.IS_CLOSED: row.closed,
            Role.DEPTH: row.depth,
        }
        return values.get(role)

    def flags(self, index: Index) -> Qt.ItemFlag:
        row = self._rows[index.row()]
        if row.conversation is None and row.folder is None:
            return Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable

    def _take(self, conversations: list[Conversation], folders: list[Folder]) -> None:
        self._found, self.folders = conversations, folders
        self._show()

    def _show(self) -> None:
        today = datetime.now().date()
        self.beginResetModel()
        if self._search:
            self._rows = list(by_age(self._found, today))
        else:
            self._rows = grouped(self._found, self.folders, self._closed, today)
        self.endResetModel()
