"""Conversations on disk: one SQLite file, every change committed before the call returns."""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import Any

from core.chat.schema import SCHEMA
from core.errors import ChatNotSaved

KEEP_DELETED = 30 * 86_400
"""Seconds after which a deleted conversation is gone for good."""

SHORTEST_INDEXED = 3
"""Letters that a word needs for the search index, which knows groups of three; shorter words are looked for in all."""


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation without its messages. Times are in UTC; `updated` is when it was last written in."""

    id: int
    title: str
    created: datetime
    updated: datetime


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """One turn. `details` is what the window keeps with a reply, such as its speed and seed; plain JSON data."""

    id: int
    role: str
    content: str
    details: dict[str, Any] | None


class ChatStore:
    """The conversations in a file, which is made if it is missing.

    A change is on disk when the call returns and survives the death of the process; only a power cut may take the last
    moments. Several threads and processes may use the same file.

    Every method raises ChatNotSaved if the file cannot be used: the disk is full, the folder is read-only, the file is
    damaged or from a newer version. The file is then as it was before. Unknown ids raise KeyError.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._lock = threading.Lock()
        with self._explained():
            # The lock keeps threads apart, so that SQLite need not insist on one thread.
            self._connection = sqlite3.connect(file, check_same_thread=False, isolation_level=None)
        with ExitStack() as undo:
            undo.callback(self._connection.close)
            self._open()
            undo.pop_all()

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._connection.close()

    def conversations(self) -> list[Conversation]:
        """All that are not deleted, the last written in first."""
        return self._conversations("deleted IS NULL", ())

    def messages(self, conversation_id: int) -> list[StoredMessage]:
        """The turns of a conversation, in order."""
        rows = self._read(
            "SELECT id, role, content, details FROM messages WHERE conversation = ? ORDER BY id", (conversation_id,)
        )
        return [
            StoredMessage(key, role, content, json.loads(details) if details else None)
            for key, role, content, details in rows
        ]

    def create(self, title: str) -> Conversation:
        """Start an empty conversation."""
        now = time.time()
        with self._writing() as connection:
            cursor = connection.execute(
                "INSERT INTO conversations (title, created, updated) VALUES (?, ?, ?)", (title, now, now)
            )
        return _conversation(cursor.lastrowid, title, now, now)

    def append(self, conversation_id: int, role: str, content: str) -> StoredMessage:
        """Add a turn at the end of a conversation."""
        with self._writing() as connection:
            self._touch(connection, conversation_id)
            cursor = connection.execute(
                "INSERT INTO messages (conversation, role, content) VALUES (?, ?, ?)", (conversation_id, role, content)
            )
        assert cursor.lastrowid is not None
        return StoredMessage(cursor.lastrowid, role, content, None)

    def update(self, message_id: int, content: str, details: dict[str, Any] | None = None) -> None:
        """Replace the content of a turn, and its details if any are given."""
        packed = None if details is None else json.dumps(details)
        with self._writing() as connection:
            changed = connection.execute(
                "UPDATE messages SET content = ?, details = coalesce(?, details) WHERE id = ? RETURNING conversation",
                (content, packed, message_id),
            ).fetchall()
            if not changed:
                raise KeyError(message_id)
            self._touch(connection, changed[0][0])

    def rename(self, conversation_id: int, title: str) -> None:
        """Give a conversation another title."""
        self._set(conversation_id, "title", title)

    def delete(self, conversation_id: int) -> None:
        """Hide a conversation. It can be restored for 30 days."""
        self._set(conversation_id, "deleted", time.time())

    def restore(self, conversation_id: int) -> None:
        """Show a deleted conversation again."""
        self._set(conversation_id, "deleted", None)

    def search(self, text: str) -> list[Conversation]:
        """Conversations that hold every word of `text` somewhere in their title or turns, the last written in first.

        Parts of words are found too; upper and lower case are the same.
        """
        conditions, values = ["deleted IS NULL"], []
        for word in text.replace("\0", " ").split():
            indexed = len(word) >= SHORTEST_INDEXED
            found = "text MATCH ?" if indexed else "instr(lower(text), lower(?))"
            conditions.append(f"id IN (SELECT conversation FROM words WHERE {found})")
            values.append('"' + word.replace('"', '""') + '"' if indexed else word)
        return self._conversations(" AND ".join(conditions), values)

    def _conversations(self, condition: str, values: Sequence[str]) -> list[Conversation]:
        columns = "id, title, created, updated"
        rows = self._read(
            f"SELECT {columns} FROM conversations WHERE {condition} ORDER BY updated DESC, id DESC", values
        )
        return [_conversation(*row) for row in rows]

    def _set(self, conversation_id: int, column: str, value: str | float | None) -> None:
        with self._writing() as connection:
            changed = connection.execute(
                f"UPDATE conversations SET {column} = ? WHERE id = ?", (value, conversation_id)
            )
            if changed.rowcount == 0:
                raise KeyError(conversation_id)

    def _touch(self, connection: sqlite3.Connection, conversation_id: int) -> None:
        changed = connection.execute(
            "UPDATE conversations SET updated = ? WHERE id = ?", (time.time(), conversation_id)
        )
        if changed.rowcount == 0:
            raise KeyError(conversation_id)

    def _open(self) -> None:
        """Check whose file it is, bring it to the newest schema and clear out what was deleted long ago."""
        # One statement sees one state of the file: between two, another program may have made its tables.
        ((version, tables),) = self._read(
            "SELECT user_version, (SELECT count(*) FROM sqlite_master) FROM pragma_user_version"
        )
        if version > len(SCHEMA):
            raise ChatNotSaved(
                f"The chats in {self._file} were written by a newer version of Penjing.",
                "Use that version, or move the file away to start anew.",
            )
        if version == 0 and tables:
            raise ChatNotSaved(
                f"{self._file} is the file of another program.", "Move it away; Penjing then makes a file of its own."
            )
        self._read("PRAGMA journal_mode = WAL")
        # With the log, this is safe against the death of the process without waiting for the disk at each change.
        self._read("PRAGMA synchronous = NORMAL")
        self._read("PRAGMA foreign_keys = ON")
        with self._writing() as connection:
            # Read again: another process may have made the tables meanwhile.
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            for statement in chain.from_iterable(SCHEMA[version:]):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {len(SCHEMA)}")
            connection.execute("DELETE FROM conversations WHERE deleted < ?", (time.time() - KEEP_DELETED,))

    def _read(self, query: str, values: Sequence[str | int] = ()) -> list[Any]:
        with self._lock, self._explained():
            return self._connection.execute(query, values).fetchall()

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """The connection for one transaction: all of it is kept, or nothing."""
        with self._lock, self._explained():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            finally:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Says what SQLite's errors mean for a person. Mistakes of the caller pass through."""
        try:
            yield
        except (sqlite3.IntegrityError, sqlite3.ProgrammingError):
            raise
        except sqlite3.DatabaseError as error:
            reason, remedy = _explanation(error)
            raise ChatNotSaved(f"Chats cannot be kept in {self._file}: {reason}.", remedy) from error


def _conversation(key: int | None, title: str, created: float, updated: float) -> Conversation:
    assert key is not None
    return Conversation(key, title, datetime.fromtimestamp(created, UTC), datetime.fromtimestamp(updated, UTC))


def _explanation(error: sqlite3.DatabaseError) -> tuple[str, str]:
    """What is wrong and what to do, by the first part of SQLite's name for the error."""
    name = getattr(error, "sqlite_errorname", "SQLITE_ERROR")
    match name.split("_")[1]:
        case "FULL":
            return "the disk is full", "Free some space on it; what was saved before is safe."
        case "READONLY" | "CANTOPEN" | "PERM" | "AUTH":
            return "the file or its folder is missing or may not be written to", "Mend that, or choose another folder."
        case "NOTADB" | "CORRUPT":
            return "the file is damaged", "Move it away, and keep it for repair; Penjing then starts a new one."
        case "BUSY" | "LOCKED":
            return "another program is using the file", "Close that program and try again."
        case _:
            return str(error), "Check the drive and the folder."
