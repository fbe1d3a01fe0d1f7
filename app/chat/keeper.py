"""Keeps conversations on disk without holding up the window."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from PySide6.QtCore import QObject, Signal

from app.background import Background
from app.chat.turn import Chat, Turn, chat_from_store
from app.chat.writing import Writing
from app.language import tr
from core.chat.conversation import Conversation, Folder, Found, TracePiece, TraceUse
from core.errors import BadRequest, PenjingError

if TYPE_CHECKING:
    from core.chat.store import ChatStore

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

    def conversations(
        self, search: str, done: Callable[[tuple[list[Found], list[Folder], list[Conversation]]], None]
    ) -> None:
        """The conversations, those that contain `search` if it is not empty, the last changed first; all folders; and
        what was deleted."""
        self._run(lambda store: (store.search(search), store.folders(), store.deleted()), done)

    def open(self, conversation: Conversation, done: Callable[[Chat], None]) -> None:
        def work(store: ChatStore) -> Chat:
            messages, settings = store.messages(conversation.id), store.settings(conversation.id)
            return chat_from_store(conversation.title, conversation.id, messages, settings)

        self._run(work, done)

    def save(self, chat: Chat) -> None:
        """Make what is kept equal to `chat` as it is now; what could not be kept before is kept along."""
        state = [(turn, turn.content, turn.details) for turn in chat.every_turn]
        settings = chat.settings.to_data()
        self._run(
            lambda store: _save(store, chat, state, settings), lambda fresh: self.changed.emit() if fresh else None
        )

    def extend(self, turn: Turn) -> None:
        """Keep what a reply has grown by. What that costs does not grow with the reply."""
        content = turn.content

        def work(store: ChatStore) -> None:
            piece = content[turn.kept_length :]
            # A turn that could not be kept when it began is kept when it ends, with all the rest.
            if turn.id is not None and piece:
                store.extend(turn.id, piece)
                turn.kept_length = len(content)

        self._run(work, lambda _: None)

    def show(self, turn: Turn) -> None:
        """Keep which of its alternatives is shown."""
        self._run(lambda store: store.show(turn.id) if turn.id is not None else None, lambda _: None)

    def keep_writing(self, turn: Turn) -> None:
        """Keep how a reply was written."""
        if turn.writing is not None:
            data = turn.writing.to_data()
            self._run(
                lambda store: store.set_written(turn.id, data) if turn.id is not None else None, lambda _: None
            )

    def read_writing(self, turn: Turn, done: Callable[[Writing | None], None]) -> None:
        """How a reply was written; None if that was not kept."""

        def work(store: ChatStore) -> Writing | None:
            data = store.written(turn.id) if turn.id is not None else None
            return Writing.from_data(data) if data is not None else None

        self._run(work, done)

    def keep_trace(self, turn: Turn, pieces: Sequence[TracePiece], limit: int) -> None:
        """Keep what a reply's trace has grown by, within `limit` bytes for the traces of all replies."""
        self._run(
            lambda store: store.traces.add(turn.id, pieces, limit) if turn.id is not None else None, lambda _: None
        )

    def read_trace(self, turn: Turn, done: Callable[[list[TracePiece]], None]) -> None:
        """What was kept of a reply's trace; empty if nothing was."""
        self._run(lambda store: store.traces.read(turn.id) if turn.id is not None else [], done)

    def trace_use(self, done: Callable[[TraceUse], None]) -> None:
        """What the traces of all replies take."""
        self._run(lambda store: store.traces.use(), done)

    def forget_traces(self, done: Callable[[object], None]) -> None:
        """Remove the traces of all replies for good."""
        self._run(lambda store: store.traces.forget(), done)

    def rename(self, conversation: int, title: str) -> None:
        self._change(lambda store: store.rename(conversation, title))

    def pin(self, conversation: int, pinned: bool) -> None:
        self._change(lambda store: store.pin(conversation, pinned))

    def move(self, conversations: Sequence[int], folder: int | None) -> None:
        """Put conversations into a folder, or out of any."""

        def work(store: ChatStore) -> None:
            for conversation in conversations:
                store.move(conversation, folder)

        self._change(work)

    def delete(self, conversation: int) -> None:
        self._change(lambda store: store.delete(conversation))

    def restore(self, conversation: int) -> None:
        self._change(lambda store: store.restore(conversation))

    def add_folder(self, name: str, conversations: Sequence[int] = ()) -> None:
        """Make a folder and put conversations into it."""

        def work(store: ChatStore) -> None:
            folder = store.create_folder(name)
            for conversation in conversations:
                store.move(conversation, folder.id)

        self._change(work)

    def rename_folder(self, folder: int, name: str) -> None:
        self._change(lambda store: store.rename_folder(folder, name))

    def delete_folder(self, folder: int) -> None:
        """Remove a folder; its conversations stay."""
        self._change(lambda store: store.delete_folder(folder))

    def duplicate(self, conversation: Conversation) -> None:
        """Keep a second conversation with the same turns."""

        title = tr("{title} (copy)", title=conversation.title)
        self._change(lambda store: store.duplicate(conversation.id, title))

    def export(self, conversations: Sequence[int] | None, file: Path, done: Callable[[Path], None]) -> None:
        """Write conversations, all if None, to a file: Markdown or JSON, as its name ends."""

        def work(store: ChatStore) -> Path:
            from core.chat.transfer import portable, to_json, to_markdown

            wanted = conversations if conversations is not None else [found.id for found in store.conversations()]
            transcripts = [portable(store.transcript(key)) for key in wanted]
            markdown = file.suffix.lower() in (".md", ".markdown")
            text = "\n".join(to_markdown(entry) for entry in transcripts) if markdown else to_json(transcripts)
            try:
                file.write_text(text, encoding="utf-8", newline="\n")
            except OSError as error:
                raise BadRequest(
                    tr("{file} cannot be written: {strerror}.", file=file, strerror=error.strerror),
                    tr("Choose another place."),
                ) from error
            return file

        self._run(work, done)

    def import_file(self, file: Path, done: Callable[[list[Conversation]], None]) -> None:
        """Add the conversations of a file."""

        def work(store: ChatStore) -> list[Conversation]:
            from core.chat.transfer import from_json

            try:
                text = file.read_text(encoding="utf-8")
            except (OSError, UnicodeDecodeError) as error:
                raise BadRequest(
                    tr("{name} cannot be read: {error}.", name=file.name, error=error), tr("Choose another file.")
                ) from error
            return [store.add(transcript) for transcript in from_json(text)]

        def finish(added: list[Conversation]) -> None:
            self.changed.emit()
            done(added)

        self._run(work, finish)

    def presets(self, done: Callable[[dict[str, dict[str, Any]]], None]) -> None:
        """Named settings for replies."""
        self._run(lambda store: store.presets(), done)

    def keep_preset(self, name: str, settings: dict[str, Any], done: Callable[[object], None]) -> None:
        self._run(lambda store: store.keep_preset(name, settings), done)

    def delete_preset(self, name: str, done: Callable[[object], None]) -> None:
        self._run(lambda store: store.delete_preset(name), done)

    def close(self) -> None:
        """Finish what is to be kept."""
        self._background.run(self._close_store, lambda _: None, self._fail)
        self._background.close()

    def _change(self, work: Callable[[ChatStore], object]) -> None:
        self._run(work, lambda _: self.changed.emit())

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
        if isinstance(error, BadRequest) or not self._failing:
            self._failing = not isinstance(error, BadRequest)
            self.failed.emit(error.what, error.remedy)


def _save(
    store: ChatStore, chat: Chat, state: list[tuple[Turn, str, dict[str, Any]]], settings: dict[str, Any]
) -> bool:
    """Keep what is new; whether the chat itself is."""
    fresh = chat.id is None
    if chat.id is None:
        chat.id = store.create(chat.title).id
    if store.settings(chat.id) != settings:
        store.set_settings(chat.id, settings)
    for turn, content, details in state:
        if turn.kept == (content, details):
            continue
        if turn.id is None:
            turn.id = store.append(chat.id, turn.role, content, turn.parent.id if turn.parent else None).id
        store.update(turn.id, content, details)
        turn.kept, turn.kept_length = (content, details), len(content)
    return fresh
