"""Finds conversations by words in their titles and turns."""

from __future__ import annotations

import json
from collections import Counter

from core.chat.conversation import Excerpt
from core.chat.database import Database
from core.chat.excerpt import excerpt

SHORTEST_INDEXED = 3
"""Letters that a word needs for the search index, which knows groups of three; shorter words are looked for in all."""


def find(database: Database, words: list[str]) -> dict[int, int | None]:
    """The conversations that hold every word, by their ids, each with the turn that holds most; None: its title alone.

    Of turns that hold equally many, it is the one written last.
    """
    found: dict[int, Counter[int]] | None = None
    for word in words:
        rows = _rows(database, word)
        if found is None:
            found = {conversation: Counter() for conversation, _ in rows}
        else:
            here = {conversation for conversation, _ in rows}
            found = {conversation: turns for conversation, turns in found.items() if conversation in here}
        for conversation, row in rows:
            # Titles have the negative ids of their conversations.
            if conversation in found and row > 0:
                found[conversation][row] += 1
    return {
        conversation: max(turns, key=lambda turn: (turns[turn], turn)) if turns else None
        for conversation, turns in (found or {}).items()
    }


def excerpts(database: Database, turns: list[int], words: list[str]) -> dict[int, Excerpt]:
    """A passage of each turn around the first word in it, by the turns' ids."""
    rows = database.read(
        "SELECT rowid, text FROM words WHERE rowid IN (SELECT value FROM json_each(?))", (json.dumps(turns),)
    )
    return {turn: excerpt(turn, text, words) for turn, text in rows}


def _rows(database: Database, word: str) -> list[tuple[int, int]]:
    """Conversation and row of every title and turn that holds a word."""
    indexed = len(word) >= SHORTEST_INDEXED
    condition = "text MATCH ?" if indexed else "instr(lower(text), lower(?))"
    value = '"' + word.replace('"', '""') + '"' if indexed else word
    return database.read(f"SELECT conversation, rowid FROM words WHERE {condition}", (value,))
