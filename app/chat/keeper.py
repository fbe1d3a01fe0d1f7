"""Keeps conversations on disk without holding up the window."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from PySide6.QtCore import QObject, Signal

from app.background import Background
from app.chat.turn import Chat, Turn, turn_from_store
from core.errors import PenjingError

if TYPE_CHECKING:
    from core.chat.store import ChatStore, Conversation

T = TypeVar("T")


class Keeper(QObject):
    """The chat store, used from one worker thread.

    Signals:
        changed: The list of conversations is another now.
        failed: Something could not be kept or read: what happened, what to do. Said once, not again until it works.
    """

    changed = Signal()
    failed = Signal(str, str)

    def __init__(self, file: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._file = file
        self._store: ChatStore | None = None
        self._background = Background("chats", self)
        self._failing = False

    def list(self, search: str, done: Callable[[list[Conversation]], None]) -> None:
        """The conversations, those that contain `search` if it is not empty; the one changed last first."""
        self._run(lambda store: store.search(search) if search else store.conversations(), done)

    def open(self, conversation: Conversation, done: Callable[[Chat], None]) -> None:
        def work(store: ChatStore) -> Chat:
            turns = [turn_from_store(m.id, m.role, m.content, m.details) for m in store.messages(conversation.id)]
            return Chat(conversation.title, turns, conversation.id)

        self._run(work, done)

    def save(self, chat: Chat) -> None:
        """Make what is kept equal to `chat` as it is now; what could not be kept before is kept along."""
        state = [(turn, turn.content, turn.details) for turn in chat.turns]
        self._run(lambda store: _save(store, chat, state), lambda fresh: self.changed.emit() if fresh else None)

    def rename(self, conversation: int, title: str) -> None:
        self._run(lambda store: store.rename(conversation, title), self._tell)

    def delete(self, conversation: int) -> None:
        self._run(lambda store: store.delete(conversation), self._tell)

    def restore(self, conversation: int) -> None:
        self._run(lambda store: store.restore(conversation), self._tell)

    def close(self) -> None:
        """Finish what is to be kept."""
        self._background.run(self._close_store, lambda _: None, self._fail)
        self._background.close()

    def _tell(self, _: object) -> None:
        self.changed.emit()

    def _run(self, work: Callable[[ChatStore], T], done: Callable[[T], None]) -> None:
        def succeed(result: T) -> None:
            self._failing = False
            done(result)

        self._background.run(lambda: work(self._opened()), succeed, self._fail)

    def _opened(self) -> ChatStore:
        from core.chat.store import ChatStore  # Only now: the window shows first.

        if self._store is None:
            self._store = ChatStore(self._file)
        return self._store

    def _close_store(self) -> None:
        if self._store is not None:
            self._store.close()
            self._store = None

    def _fail(self, error: PenjingError) -> None:
        if not self._failing:
            self._failing = True
            self.failed.emit(error.what, error.remedy)


def _save(store: ChatStore, chat: Chat, state: list[tuple[Turn, str, dict[str, Any]]]) -> bool:
    """Keep what is new; whether the chat itself is."""
    fresh = chat.id is None
    if chat.id is None:
        chat.id = store.create(chat.title).id
    for turn, content, details in state:
        if turn.kept == (content, details):
            continue
        if turn.id is None:
            turn.id = store.append(chat.id, turn.role, content).id
        store.update(turn.id, content, details)
        turn.kept = (content, details)
    return fresh
