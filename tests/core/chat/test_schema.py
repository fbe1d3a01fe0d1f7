"""Files of older versions are brought up to date, and kept as they were beside themselves."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from core.chat.conversation import TracePiece, shown_path
from core.chat.schema import VERSION_1, VERSION_2
from core.chat.store import ChatStore
from core.errors import ChatNotSaved


def _version_1(file: Path) -> None:
    """A file as the first version wrote it."""
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        for statement in VERSION_1:
            connection.execute(statement)
        connection.execute("PRAGMA user_version = 1")
        connection.execute("INSERT INTO conversations (title, created, updated) VALUES ('a', 1, 1), ('b', 2, 2)")
        for number in range(6):
            row = (1 + number % 2, f"t{number}")
            connection.execute("INSERT INTO messages (conversation, role, content) VALUES (?, 'user', ?)", row)
        connection.commit()


def _version_2(file: Path) -> None:
    """A file as the second version wrote it."""
    _version_1(file)
    with closing(sqlite3.connect(file)) as connection:
        for statement in VERSION_2:
            connection.execute(statement)
        connection.execute("PRAGMA user_version = 2")
        connection.execute("UPDATE messages SET written = '[[3, 0]]' WHERE id = 1")
        connection.commit()


def test_a_file_of_version_1_is_brought_up_with_a_copy_of_it_kept(file: Path) -> None:
    _version_1(file)
    with closing(ChatStore(file)) as store:
        for conversation, contents in ((1, ["t0", "t2", "t4"]), (2, ["t1", "t3", "t5"])):
            assert [message.content for message in shown_path(store.messages(conversation))] == contents
    copy = file.with_name("chats.version-1.sqlite")
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (1,)
        assert connection.execute("SELECT count(*) FROM messages").fetchone() == (6,)
    copy.write_bytes(b"")
    ChatStore(file).close()
    assert copy.read_bytes() == b"", "a file that is up to date was copied"


def test_a_file_of_version_2_is_brought_up_with_a_copy_of_it_kept(file: Path) -> None:
    _version_2(file)
    with closing(ChatStore(file)) as store:
        assert store.written(1) == [[3, 0]]
        store.traces.add(1, [TracePiece(0, b"step")], 100)
        assert store.traces.read(1) == [TracePiece(0, b"step")]
    with closing(sqlite3.connect(file.with_name("chats.version-2.sqlite"))) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (2,)
        assert connection.execute("SELECT count(*) FROM messages").fetchone() == (6,)


def test_a_migration_that_cannot_be_backed_up_changes_nothing(file: Path) -> None:
    _version_1(file)
    (file.with_name("chats.version-1.sqlite.new")).mkdir()
    with pytest.raises(ChatNotSaved):
        ChatStore(file)
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (1,)
        assert "parent" not in [row[1] for row in connection.execute("PRAGMA table_info(messages)")]


def test_programs_that_start_at_once_migrate_once(file: Path) -> None:
    _version_1(file)

    def start(_: int) -> int:
        with closing(ChatStore(file)) as store:
            return len(store.messages(1))

    with ThreadPoolExecutor(8) as programs:
        assert list(programs.map(start, range(16))) == [3] * 16
