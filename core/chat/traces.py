"""How replies were guessed: the steps of each as packed pieces beside its turn, within a limit for all together."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence

from core.chat.conversation import TracePiece, TraceUse
from core.chat.database import Database


class Traces:
    """The traces in a chat file. They go with their turns, and the oldest ones when there are too many.

    Raises as the store does: ChatNotSaved if the file cannot be used, KeyError for turns that are not there.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, message_id: int, pieces: Sequence[TracePiece], limit: int) -> None:
        """Add to what is kept of a reply.

        Args:
            limit: Bytes that all traces may take. Those of deleted chats make room first, then the oldest. A reply that
                alone would take more keeps its beginning.
        """
        size = sum(len(piece.line) for piece in pieces)
        with self._database.writing() as connection:
            _make_room(connection, limit - size, message_id)
            if _use(connection).bytes + size > limit:
                return
            try:
                connection.execute("INSERT OR IGNORE INTO traces VALUES (?, 0)", (message_id,))
            except sqlite3.IntegrityError as error:
                raise KeyError(message_id) from error
            connection.execute("UPDATE traces SET bytes = bytes + ? WHERE message = ?", (size, message_id))
            connection.executemany(
                "INSERT INTO trace_lines (message, step, line) VALUES (?, ?, ?)",
                [(message_id, piece.step, piece.line) for piece in pieces],
            )

    def read(self, message_id: int) -> list[TracePiece]:
        """What is kept of a reply, in the order in which it came; empty if nothing is."""
        rows = self._database.read("SELECT step, line FROM trace_lines WHERE message = ? ORDER BY id", (message_id,))
        return [TracePiece(*row) for row in rows]

    def use(self) -> TraceUse:
        """What all traces take now."""
        ((replies, size),) = self._database.read("SELECT count(*), coalesce(sum(bytes), 0) FROM traces")
        return TraceUse(replies, size)

    def forget(self) -> None:
        """Remove all traces, and give the room that they took back to the drive."""
        with self._database.writing() as connection:
            connection.execute("DELETE FROM traces")
        self._database.shrink()


def copy_traces(connection: sqlite3.Connection, keys: Mapping[int, int]) -> None:
    """Give turns the traces of others, within a transaction.

    Args:
        keys: The turn that gets it by the turn that has it.
    """
    for source, target in keys.items():
        connection.execute("INSERT INTO traces SELECT ?, bytes FROM traces WHERE message = ?", (target, source))
        connection.execute(
            "INSERT INTO trace_lines (message, step, line) SELECT ?, step, line FROM trace_lines WHERE message = ?"
            " ORDER BY id",
            (target, source),
        )


def _make_room(connection: sqlite3.Connection, limit: int, but: int) -> None:
    """Remove traces, but one turn's, until all take no more than `limit`."""
    left = _use(connection).bytes
    if left <= limit:
        return
    rows = connection.execute(
        """
        SELECT traces.message, traces.bytes FROM traces
        JOIN messages ON messages.id = traces.message JOIN conversations ON conversations.id = conversation
        WHERE traces.message != ? ORDER BY deleted IS NULL, traces.message
        """,
        (but,),
    ).fetchall()
    for message, size in rows:
        if left <= limit:
            return
        connection.execute("DELETE FROM traces WHERE message = ?", (message,))
        left -= size


def _use(connection: sqlite3.Connection) -> TraceUse:
    (row,) = connection.execute("SELECT count(*), coalesce(sum(bytes), 0) FROM traces").fetchall()
    return TraceUse(*row)
