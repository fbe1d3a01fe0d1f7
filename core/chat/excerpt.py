"""The passage of a text in which words were found, for a list of what a search found."""

from __future__ import annotations

import re

from core.chat.conversation import Excerpt

BEFORE, LENGTH = 24, 120
"""Letters of an excerpt before what was found, and in all."""

Span = tuple[int, int]


def words_of(text: str) -> list[str]:
    """What is looked for: every word must be found."""
    return text.replace("\0", " ").split()


def marks(text: str, words: list[str]) -> tuple[Span, ...]:
    """Where words are in a text, in any case: begin and end of each place."""
    return tuple(match.span() for match in _pattern(words).finditer(text)) if words else ()


def excerpt(turn: int, text: str, words: list[str]) -> Excerpt:
    """A passage of a turn around the first word in it, on one line, with all places of words in the passage."""
    first = _pattern(words).search(text)
    start = max(0, first.start() - BEFORE) if first is not None else 0
    # Twice the length, as runs of spaces and line ends become one space each.
    passage = " ".join(text[start : start + 2 * LENGTH].split())
    if start > 0:
        # A word that was cut in two is left out, unless it is what was looked for.
        cut, _, rest = passage.partition(" ")
        passage = "…" + (rest if rest and len(cut) < BEFORE // 2 and not _pattern(words).search(cut) else passage)
    if len(passage) > LENGTH or start + 2 * LENGTH < len(text):
        passage = passage[: LENGTH - 1].rstrip() + "…"
    return Excerpt(turn, passage, marks(passage, words))


def _pattern(words: list[str]) -> re.Pattern[str]:
    # The longest first: of "path" and "pathname" the longer is marked.
    return re.compile("|".join(re.escape(word) for word in sorted(words, key=len, reverse=True)), re.IGNORECASE)
