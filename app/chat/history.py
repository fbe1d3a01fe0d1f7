"""The list of conversations: pinned ones, folders, and the rest grouped by when they were changed last."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import IntEnum
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QMimeData,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    QTimer,
    Signal,
)

from app.chat.keeper import Keeper
from app.language import tr
from core.chat.conversation import Conversation, Excerpt, Folder, Found

Index = QModelIndex | QPersistentModelIndex

SEARCH_PAUSE_MS = 150

DRAGGED = "application/x-penjing-chat"
"""What a chat on its way to a folder is, with its number."""


class Role(IntEnum):
    """What a row tells beside its text."""

    IS_HEADING = Qt.ItemDataRole.UserRole + 1
    CONVERSATION = Qt.ItemDataRole.UserRole + 2
    FOLDER = Qt.ItemDataRole.UserRole + 3
    IS_CLOSED = Qt.ItemDataRole.UserRole + 4
    DEPTH = Qt.ItemDataRole.UserRole + 5
    EXCERPT = Qt.ItemDataRole.UserRole + 6


@dataclass(frozen=True)
class Row:
    """A heading, a folder or a conversation. `depth` is 1 within a folder; `excerpt` tells why a search found it."""

    text: str
    conversation: Conversation | None = None
    folder: Folder | None = None
    closed: bool = False
    depth: int = 0
    excerpt: Excerpt | None = None


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
    return [*rows, *by_age((Found(one, None) for one in loose), today)]


def by_age(found: Iterable[Found], today: date) -> Iterator[Row]:
    """Conversations, the one changed last first, under headings of their age."""
    group = ""
    for each in found:
        name = age_group(each.conversation.updated.astimezone().date(), today)
        if name != group:
            yield Row(name)
            group = name
        yield Row(each.conversation.title, each.conversation, excerpt=each.excerpt)


class History(QAbstractListModel):
    """Conversations under headings, the one changed last first. They can be dragged to folders, and out of them.

    Attributes:
        folders: All folders, by name.
        deleted: What can be restored, the last deleted first.

    Signals:
        dropped: With a Conversation, and the Folder that it was dropped on, or None for out of any.
    """

    dropped = Signal(object, object)

    def __init__(self, keeper: Keeper, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.folders: list[Folder] = []
        self.deleted: list[Conversation] = []
        self._keeper = keeper
        self._found: list[Found] = []
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
        return [each.conversation for each in self._found if each.conversation.folder == folder.id]

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
            else f"{row.text}: {row.excerpt.text}"
            if row.excerpt
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
            Role.EXCERPT: row.excerpt,
        }
        return values.get(role)

    def flags(self, index: Index) -> Qt.ItemFlag:
        if not index.isValid():
            return Qt.ItemFlag.NoItemFlags
        row = self._rows[index.row()]
        takes = Qt.ItemFlag.NoItemFlags if self._search else Qt.ItemFlag.ItemIsDropEnabled
        if row.conversation is None and row.folder is None:
            return takes
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | takes
        return flags | Qt.ItemFlag.ItemIsDragEnabled if row.conversation is not None and not self._search else flags

    def supportedDropActions(self) -> Qt.DropAction:
        return Qt.DropAction.MoveAction

    def mimeTypes(self) -> list[str]:
        return [DRAGGED]

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:
        data = QMimeData()
        dragged = [row.conversation for index in indexes if (row := self._rows[index.row()]).conversation is not None]
        data.setData(DRAGGED, str(dragged[0].id).encode() if dragged else b"")
        return data

    def canDropMimeData(self, data: QMimeData, action: Qt.DropAction, row: int, column: int, parent: Index) -> bool:
        chat = self._dragged(data)
        place = self._folder_at(parent)
        return chat is not None and parent.isValid() and chat.folder != (place.id if place is not None else None)

    def dropMimeData(self, data: QMimeData, action: Qt.DropAction, row: int, column: int, parent: Index) -> bool:
        chat = self._dragged(data)
        if chat is not None and self.canDropMimeData(data, action, row, column, parent):
            self.dropped.emit(chat, self._folder_at(parent))
        # What was dragged is listed anew once it is moved; nobody is to remove its row.
        return False

    def _dragged(self, data: QMimeData) -> Conversation | None:
        key = bytes(data.data(DRAGGED).data()).decode()
        return next((each.conversation for each in self._found if str(each.conversation.id) == key), None)

    def _folder_at(self, index: Index) -> Folder | None:
        """Where a row lies: a folder, what is in one, or neither."""
        row = self._rows[index.row()]
        if row.folder is not None or row.depth == 0 or row.conversation is None:
            return row.folder
        return next((folder for folder in self.folders if folder.id == row.conversation.folder), None)

    def _take(self, found: list[Found], folders: list[Folder], deleted: list[Conversation]) -> None:
        self._found, self.folders, self.deleted = found, folders, deleted
        self._show()

    def _show(self) -> None:
        today = datetime.now().date()
        self.beginResetModel()
        if self._search:
            self._rows = list(by_age(self._found, today))
        else:
            conversations = [each.conversation for each in self._found]
            self._rows = grouped(conversations, self.folders, self._closed, today)
        self.endResetModel()
