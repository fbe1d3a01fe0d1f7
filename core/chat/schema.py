"""The tables of the chat file, version by version.

`words` is a search index over titles (rows with the negative id of their conversation) and turns (rows with the id of
their message), kept in step by triggers. The turns of a conversation are a tree: alternatives have the same `parent`,
and one of them is `shown`. `pieces` hold what was added to a turn that is still being written, so that a long reply is
neither stored nor indexed anew at each word. `trace_lines` are what the steps of a reply did, packed.
"""

from __future__ import annotations

VERSION_1 = (
    """
    CREATE TABLE conversations (
        id INTEGER PRIMARY KEY,
        title TEXT NOT NULL,
        created REAL NOT NULL,
        updated REAL NOT NULL,
        deleted REAL
    )
    """,
    """
    CREATE TABLE messages (
        id INTEGER PRIMARY KEY,
        conversation INTEGER NOT NULL REFERENCES conversations ON DELETE CASCADE,
        role TEXT NOT NULL CHECK (role IN ('system', 'user', 'assistant')),
        content TEXT NOT NULL,
        details TEXT
    )
    """,
    "CREATE INDEX messages_by_conversation ON messages (conversation, id)",
    "CREATE VIRTUAL TABLE words USING fts5 (conversation UNINDEXED, text, tokenize = 'trigram')",
    """
    CREATE TRIGGER title_added AFTER INSERT ON conversations BEGIN
        INSERT INTO words (rowid, conversation, text) VALUES (-new.id, new.id, new.title);
    END
    """,
    """
    CREATE TRIGGER title_changed AFTER UPDATE OF title ON conversations BEGIN
        UPDATE words SET text = new.title WHERE rowid = -new.id;
    END
    """,
    """
    CREATE TRIGGER title_gone AFTER DELETE ON conversations BEGIN
        DELETE FROM words WHERE rowid = -old.id;
    END
    """,
    """
    CREATE TRIGGER turn_added AFTER INSERT ON messages BEGIN
        INSERT INTO words (rowid, conversation, text) VALUES (new.id, new.conversation, new.content);
    END
    """,
    """
    CREATE TRIGGER turn_changed AFTER UPDATE OF content ON messages BEGIN
        UPDATE words SET text = new.content WHERE rowid = new.id;
    END
    """,
    """
    CREATE TRIGGER turn_gone AFTER DELETE ON messages BEGIN
        DELETE FROM words WHERE rowid = old.id;
    END
    """,
)

VERSION_2 = (
    # No foreign key: deleting a conversation would follow it turn by turn, deeper than SQLite goes.
    "ALTER TABLE messages ADD COLUMN parent INTEGER",
    "ALTER TABLE messages ADD COLUMN shown INTEGER NOT NULL DEFAULT 1",
    "ALTER TABLE messages ADD COLUMN written TEXT",
    """
    UPDATE messages SET parent = (
        SELECT max(earlier.id) FROM messages AS earlier
        WHERE earlier.conversation = messages.conversation AND earlier.id < messages.id
    )
    """,
    """
    CREATE TABLE pieces (
        id INTEGER PRIMARY KEY,
        message INTEGER NOT NULL REFERENCES messages ON DELETE CASCADE,
        text TEXT NOT NULL
    )
    """,
    "CREATE INDEX pieces_by_message ON pieces (message, id)",
    "CREATE TABLE folders (id INTEGER PRIMARY KEY, name TEXT NOT NULL)",
    "ALTER TABLE conversations ADD COLUMN pinned INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE conversations ADD COLUMN folder INTEGER REFERENCES folders ON DELETE SET NULL",
    "ALTER TABLE conversations ADD COLUMN settings TEXT",
    "CREATE TABLE presets (name TEXT PRIMARY KEY, settings TEXT NOT NULL)",
)

VERSION_3 = (
    # What the traces of all replies take is asked at each step of a reply: their sizes stand apart from their lines.
    "CREATE TABLE traces (message INTEGER PRIMARY KEY REFERENCES messages ON DELETE CASCADE, bytes INTEGER NOT NULL)",
    """
    CREATE TABLE trace_lines (
        id INTEGER PRIMARY KEY,
        message INTEGER NOT NULL REFERENCES traces ON DELETE CASCADE,
        step INTEGER NOT NULL,
        line BLOB NOT NULL
    )
    """,
    "CREATE INDEX trace_lines_by_message ON trace_lines (message, id)",
)

SCHEMA = (VERSION_1, VERSION_2, VERSION_3)
"""The statements that lead from each version to the next. What was released is never changed, only added to."""
