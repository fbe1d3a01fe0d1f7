"""One SQLite file: brought to the newest schema, read, and written in transactions.

Before tables of an older version are changed, a copy of the file is kept. Errors say what they mean for a person.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from itertools import chain
from pathlib import Path
from typing import Any

from core.errors import ChatNotSaved

Schema = Sequence[Sequence[str]]
Value = str | float | None


class Database:
    """The tables in a file, which is made if it is missing. Several threads and processes may use the same file.

    Every method raises ChatNotSaved if the file cannot be used: the disk is full, the folder is read-only, the file is
    damaged or from a newer version. The file is then as it was before.

    Args:
        schema: The statements that lead from each version of the tables to the next.
    """

    def __init__(self, file: Path, schema: Schema) -> None:
        self._file = file
        self._schema = schema
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

    def read(self, query: str, values: Sequence[Value] = ()) -> list[Any]:
        """All rows of a query."""
        with self._lock, self._explained():
            return self._connection.execute(query, values).fetchall()

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """The connection for one transaction: all of it is kept, or nothing."""
        with self._lock, self._explained():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            finally:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")

    def shrink(self) -> None:
        """Give room that nothing uses any more back to the drive. Takes the longer, the more is left."""
        self.read("VACUUM")

    def _open(self) -> None:
        """Check whose file it is, and bring it to the newest schema."""
        # One statement sees one state of the file: between two, another program may have made its tables.
        ((version, tables),) = self.read(
            "SELECT user_version, (SELECT count(*) FROM sqlite_master) FROM pragma_user_version"
        )
        if version > len(self._schema):
            raise ChatNotSaved(
                f"The chats in {self._file} were written by a newer version of Penjing.",
                "Use that version, or move the file away to start anew.",
            )
        if version == 0 and tables:
            raise ChatNotSaved(
                f"{self._file} is the file of another program.", "Move it away; Penjing then makes a file of its own."
            )
        self.read("PRAGMA journal_mode = WAL")
        # With the log, this is safe against the death of the process without waiting for the disk at each change.
        self.read("PRAGMA synchronous = NORMAL")
        self.read("PRAGMA foreign_keys = ON")
        if version < len(self._schema):
            self._migrate()
            # If another process did it meanwhile, SQLite has old tables in mind until it reads outside a transaction.
            self.read("SELECT count(*) FROM sqlite_master")

    def _migrate(self) -> None:
        with self.writing() as connection:
            # Read again: another process may have made the tables meanwhile.
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            if version == len(self._schema):
                return
            if version > 0:
                self._back_up(version)
            for statement in chain.from_iterable(self._schema[version:]):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {len(self._schema)}")

    def _back_up(self, version: int) -> None:
        """Keep the file as it is beside itself, under the number of its version."""
        copy = self._file.with_name(f"{self._file.stem}.version-{version}{self._file.suffix}")
        fresh = copy.with_name(copy.name + ".new")
        fresh.unlink(missing_ok=True)
        # A connection of its own: the one that migrates is in the middle of its transaction.
        with closing(sqlite3.connect(self._file)) as source, closing(sqlite3.connect(fresh)) as target:
            source.backup(target)
        fresh.replace(copy)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Says what SQLite's errors mean for a person. Mistakes of the caller pass through."""
        try:
            yield
        except (sqlite3.IntegrityError, sqlite3.ProgrammingError):
            raise
        except (sqlite3.DatabaseError, OSError) as error:
            reason, remedy = _explanation(error)
            raise ChatNotSaved(f"Chats cannot be kept in {self._file}: {reason}.", remedy) from error


def _explanation(error: sqlite3.DatabaseError | OSError) -> tuple[str, str]:
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
