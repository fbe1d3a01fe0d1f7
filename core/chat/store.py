"""Conversations on disk: one SQLite file, every change committed before the call returns."""

from __future__ import annotations

import json
import sqlite3
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from core.chat.conversation import Conversation, Folder, Found, StoredMessage, Transcript
from core.chat.database import Database, Value
from core.chat.excerpt import words_of
from core.chat.schema import SCHEMA
from core.chat.search import excerpts, find
from core.chat.traces import Traces, copy_traces

KEEP_DELETED = 30 * 86_400
"""Seconds after which a deleted conversation is gone for good."""


class ChatStore:
    """The conversations in a file, which is made if it is missing.

    A change is on disk when the call returns and survives the death of the process; only a power cut may take the last
    moments. Several threads and processes may use the same file. Before the tables of an older version are changed, the
    file is copied to one beside it, named for that version.

    Every method raises ChatNotSaved if the file cannot be used: the disk is full, the folder is read-only, the file is
    damaged or from a newer version. The file is then as it was before. Unknown ids raise KeyError.

    Attributes:
        traces: How replies were guessed.
    """

    def __init__(self, file: Path) -> None:
        self._database = Database(file, SCHEMA)
        self.traces = Traces(self._database)
        with self._database.writing() as connection:
            connection.execute("DELETE FROM conversations WHERE deleted < ?", (time.time() - KEEP_DELETED,))
            _join_pieces(connection)

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()

    # Conversations

    def conversations(self) -> list[Conversation]:
        """All that are not deleted, the last written in first."""
        return self._listed("deleted IS NULL ORDER BY updated DESC, id DESC")

    def deleted(self) -> list[Conversation]:
        """Those that can be restored, the last deleted first."""
        return self._listed("deleted IS NOT NULL ORDER BY deleted DESC")

    def create(self, title: str) -> Conversation:
        """Start an empty conversation."""
        now = time.time()
        with self._database.writing() as connection:
            cursor = connection.execute(
                "INSERT INTO conversations (title, created, updated) VALUES (?, ?, ?)", (title, now, now)
            )
        return _conversation(cursor.lastrowid, title, now, now)

    def rename(self, conversation_id: int, title: str) -> None:
        """Give a conversation another title."""
        self._set(conversation_id, "title", title)

    def pin(self, conversation_id: int, pinned: bool) -> None:
        """Keep a conversation at the top of the list, or no longer."""
        self._set(conversation_id, "pinned", int(pinned))

    def move(self, conversation_id: int, folder_id: int | None) -> None:
        """Put a conversation into a folder, or out of any."""
        try:
            self._set(conversation_id, "folder", folder_id)
        except sqlite3.IntegrityError as error:
            raise KeyError(folder_id) from error

    def delete(self, conversation_id: int) -> None:
        """Hide a conversation. It can be restored for 30 days."""
        self._set(conversation_id, "deleted", time.time())

    def restore(self, conversation_id: int) -> None:
        """Show a deleted conversation again."""
        self._set(conversation_id, "deleted", None)

    def settings(self, conversation_id: int) -> dict[str, Any]:
        """How a conversation's replies are written, where that was set for it; plain JSON data."""
        rows = self._database.read("SELECT settings FROM conversations WHERE id = ?", (conversation_id,))
        if not rows:
            raise KeyError(conversation_id)
        return _unpack(rows[0][0]) or {}

    def set_settings(self, conversation_id: int, settings: dict[str, Any]) -> None:
        self._set(conversation_id, "settings", json.dumps(settings) if settings else None)

    def search(self, text: str) -> list[Found]:
        """Conversations that hold every word of `text` somewhere in their title or turns, the last written in first.

        Parts of words are found too; upper and lower case are the same. A reply that is being written is found once it
        is finished.
        """
        words = words_of(text)
        if not words:
            return [Found(conversation, None) for conversation in self.conversations()]
        turns = find(self._database, words)
        found = [conversation for conversation in self.conversations() if conversation.id in turns]
        wanted = [turn for one in found if (turn := turns[one.id]) is not None]
        passages = excerpts(self._database, wanted, words)
        return [Found(one, passages.get(turns[one.id] or 0)) for one in found]

    # Turns

    def messages(self, conversation_id: int) -> list[StoredMessage]:
        """The turns of a conversation, all alternatives among them, in the order in which they were begun."""
        # One statement, so that no piece is missed that another program makes part of its turn meanwhile.
        rows = self._database.read(
            """
            SELECT messages.id, role, content, details, parent, shown, pieces.text
            FROM messages LEFT JOIN pieces ON message = messages.id
            WHERE conversation = ? ORDER BY messages.id, pieces.id
            """,
            (conversation_id,),
        )
        turns: dict[int, StoredMessage] = {}
        for key, role, content, details, parent, shown, piece in rows:
            if key in turns:
                turns[key] = replace(turns[key], content=turns[key].content + piece)
            else:
                whole = content + (piece or "")
                turns[key] = StoredMessage(key, role, whole, _unpack(details), parent, bool(shown))
        return list(turns.values())

    def append(self, conversation_id: int, role: str, content: str, parent: int | None = None) -> StoredMessage:
        """Add a turn after another, or as a first one. Of the alternatives there, it is the one that is shown."""
        with self._database.writing() as connection:
            _touch(connection, conversation_id)
            key = _insert(connection, conversation_id, role, content, None, parent)
            _show(connection, conversation_id, key)
        return StoredMessage(key, role, content, None, parent)

    def extend(self, message_id: int, text: str) -> None:
        """Add to the end of a turn that is being written. What that costs does not grow with the turn."""
        with self._database.writing() as connection:
            try:
                connection.execute("INSERT INTO pieces (message, text) VALUES (?, ?)", (message_id, text))
            except sqlite3.IntegrityError as error:
                raise KeyError(message_id) from error

    def update(self, message_id: int, content: str, details: dict[str, Any] | None = None) -> None:
        """Replace the content of a turn, and its details if any are given."""
        packed = None if details is None else json.dumps(details)
        with self._database.writing() as connection:
            changed = connection.execute(
                "UPDATE messages SET content = ?, details = coalesce(?, details) WHERE id = ? RETURNING conversation",
                (content, packed, message_id),
            ).fetchall()
            if not changed:
                raise KeyError(message_id)
            connection.execute("DELETE FROM pieces WHERE message = ?", (message_id,))
            _touch(connection, changed[0][0])

    def show(self, message_id: int) -> None:
        """Show this one of the alternatives that follow the same turn."""
        with self._database.writing() as connection:
            row = connection.execute("SELECT conversation FROM messages WHERE id = ?", (message_id,)).fetchone()
            if row is None:
                raise KeyError(message_id)
            _show(connection, row[0], message_id)

    def written(self, message_id: int) -> Any:
        """What was kept of how a turn was written, as plain JSON data; None if nothing was."""
        rows = self._database.read("SELECT written FROM messages WHERE id = ?", (message_id,))
        if not rows:
            raise KeyError(message_id)
        return _unpack(rows[0][0])

    def set_written(self, message_id: int, written: Any) -> None:
        with self._database.writing() as connection:
            packed = json.dumps(written, separators=(",", ":"))
            if connection.execute("UPDATE messages SET written = ? WHERE id = ?", (packed, message_id)).rowcount == 0:
                raise KeyError(message_id)

    # Folders

    def folders(self) -> list[Folder]:
        """All folders, by name."""
        return [Folder(*row) for row in self._database.read("SELECT id, name FROM folders ORDER BY lower(name), id")]

    def create_folder(self, name: str) -> Folder:
        with self._database.writing() as connection:
            key = connection.execute("INSERT INTO folders (name) VALUES (?)", (name,)).lastrowid
        assert key is not None
        return Folder(key, name)

    def rename_folder(self, folder_id: int, name: str) -> None:
        with self._database.writing() as connection:
            if connection.execute("UPDATE folders SET name = ? WHERE id = ?", (name, folder_id)).rowcount == 0:
                raise KeyError(folder_id)

    def delete_folder(self, folder_id: int) -> None:
        """Remove a folder; the conversations in it stay, outside of any."""
        with self._database.writing() as connection:
            if connection.execute("DELETE FROM folders WHERE id = ?", (folder_id,)).rowcount == 0:
                raise KeyError(folder_id)

    # Presets

    def presets(self) -> dict[str, dict[str, Any]]:
        """Named settings for replies, by name; plain JSON data."""
        rows = self._database.read("SELECT name, settings FROM presets ORDER BY lower(name), name")
        return {name: json.loads(settings) for name, settings in rows}

    def keep_preset(self, name: str, settings: dict[str, Any]) -> None:
        """Keep settings under a name, in place of those that had it before."""
        with self._database.writing() as connection:
            connection.execute("INSERT OR REPLACE INTO presets VALUES (?, ?)", (name, json.dumps(settings)))

    def delete_preset(self, name: str) -> None:
        with self._database.writing() as connection:
            connection.execute("DELETE FROM presets WHERE name = ?", (name,))

    # Whole conversations

    def transcript(self, conversation_id: int) -> Transcript:
        """A conversation with all its turns."""
        rows = self._database.read("SELECT title, created FROM conversations WHERE id = ?", (conversation_id,))
        if not rows:
            raise KeyError(conversation_id)
        title, created = rows[0]
        messages = tuple(self.messages(conversation_id))
        return Transcript(title, messages, self.settings(conversation_id), datetime.fromtimestamp(created, UTC))

    def add(self, transcript: Transcript) -> Conversation:
        """A new conversation with the turns of a transcript: all of it, or nothing."""
        with self._database.writing() as connection:
            return _add(connection, transcript)[0]

    def duplicate(self, conversation_id: int, title: str) -> Conversation:
        """A second conversation, begun now, with the same turns and all that is kept of how they were written."""
        transcript = replace(self.transcript(conversation_id), title=title, created=None)
        with self._database.writing() as connection:
            conversation, keys = _add(connection, transcript)
            for source, target in keys.items():
                connection.execute(
                    "UPDATE messages SET written = (SELECT written FROM messages WHERE id = ?) WHERE id = ?",
                    (source, target),
                )
            copy_traces(connection, keys)
        return conversation

    def _listed(self, which: str) -> list[Conversation]:
        columns = "id, title, created, updated, pinned, folder"
        rows = self._database.read(f"SELECT {columns} FROM conversations WHERE {which}")
        return [_conversation(*row) for row in rows]

    def _set(self, conversation_id: int, column: str, value: Value) -> None:
        with self._database.writing() as connection:
            changed = connection.execute(
                f"UPDATE conversations SET {column} = ? WHERE id = ?", (value, conversation_id)
            )
            if changed.rowcount == 0:
                raise KeyError(conversation_id)


def _touch(connection: sqlite3.Connection, conversation_id: int) -> None:
    """Note that a conversation was written in."""
    changed = connection.execute("UPDATE conversations SET updated = ? WHERE id = ?", (time.time(), conversation_id))
    if changed.rowcount == 0:
        raise KeyError(conversation_id)


def _insert(
    connection: sqlite3.Connection,
    conversation_id: int,
    role: str,
    content: str,
    details: str | None,
    parent: int | None,
    shown: bool = True,
) -> int:
    columns = "conversation, role, content, details, parent, shown"
    values = (conversation_id, role, content, details, parent, int(shown))
    key = connection.execute(f"INSERT INTO messages ({columns}) VALUES (?, ?, ?, ?, ?, ?)", values).lastrowid
    assert key is not None
    return key


def _add(connection: sqlite3.Connection, transcript: Transcript) -> tuple[Conversation, dict[int, int]]:
    """A new conversation, and the ids that its turns have got by those that they have in the transcript."""
    now = time.time()
    created = transcript.created.timestamp() if transcript.created is not None else now
    settings = json.dumps(transcript.settings) if transcript.settings else None
    key = connection.execute(
        "INSERT INTO conversations (title, created, updated, settings) VALUES (?, ?, ?, ?)",
        (transcript.title, created, now, settings),
    ).lastrowid
    assert key is not None
    keys: dict[int, int] = {}
    for message in transcript.messages:
        packed = json.dumps(message.details) if message.details is not None else None
        parent = keys[message.parent] if message.parent is not None else None
        keys[message.id] = _insert(connection, key, message.role, message.content, packed, parent, message.shown)
    return _conversation(key, transcript.title, created, now), keys


def _show(connection: sqlite3.Connection, conversation_id: int, message_id: int) -> None:
    connection.execute(
        """
        UPDATE messages SET shown = (id = :shown) WHERE conversation = :conversation
        AND parent IS (SELECT parent FROM messages WHERE id = :shown)
        """,
        {"shown": message_id, "conversation": conversation_id},
    )


def _join_pieces(connection: sqlite3.Connection) -> None:
    """Make the pieces of turns whose writing was cut short part of them, so that they can be searched for."""
    pieces: dict[int, list[str]] = {}
    for message, text in connection.execute("SELECT message, text FROM pieces ORDER BY id"):
        pieces.setdefault(message, []).append(text)
    for message, texts in pieces.items():
        connection.execute("UPDATE messages SET content = content || ? WHERE id = ?", ("".join(texts), message))
    connection.execute("DELETE FROM pieces")


def _unpack(packed: str | None) -> Any:
    return json.loads(packed) if packed else None


def _conversation(
    key: int | None, title: str, created: float, updated: float, pinned: int = 0, folder: int | None = None
) -> Conversation:
    assert key is not None
    began, written = datetime.fromtimestamp(created, UTC), datetime.fromtimestamp(updated, UTC)
    return Conversation(key, title, began, written, bool(pinned), folder)
