"""The tables of the chat file, version by version.

`words` is a search index over titles (rows with the negative id of their conversation) and turns (rows with the id of
their message), kept in step by triggers.
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

SCHEMA = (VERSION_1,)
"""The statements that lead from each version to the next. What was released is never changed, only added to."""
