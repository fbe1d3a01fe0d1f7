"""A conversation as plain data: its place in the list, and its turns as a tree of alternatives."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

TITLE_LENGTH = 48


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation without its turns. Times are in UTC; `updated` is when it was last written in.

    Attributes:
        folder: The id of the folder that it lies in, if in any.
    """

    id: int
    title: str
    created: datetime
    updated: datetime
    pinned: bool = False
    folder: int | None = None


@dataclass(frozen=True, slots=True)
class Folder:
    """A named place for conversations."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A passage of a turn in which something was found, on one line.

    Attributes:
        message: The id of the turn.
        marks: Begin and end of each place in `text` that was looked for.
    """

    message: int
    text: str
    marks: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Found:
    """A conversation that a search found, with the passage that tells why; None where it is the title alone."""

    conversation: Conversation
    excerpt: Excerpt | None


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """One turn.

    Attributes:
        details: What the window keeps with a turn, such as its speed and seed; plain JSON data.
        parent: The id of the turn that it follows; None for the first.
        shown: Whether it is the one shown of the alternatives that follow the same turn.
    """

    id: int
    role: str
    content: str
    details: dict[str, Any] | None = None
    parent: int | None = None
    shown: bool = True


@dataclass(frozen=True, slots=True)
class Transcript:
    """A whole conversation, to be exported, imported or duplicated. The ids of its turns mean nothing beyond it.

    Attributes:
        settings: How its replies are written; plain JSON data.
        messages: Parents come before what follows them.
    """

    title: str
    messages: tuple[StoredMessage, ...]
    settings: dict[str, Any] = field(default_factory=dict)
    created: datetime | None = None


@dataclass(frozen=True, slots=True)
class TracePiece:
    """One line of a reply's trace.

    Attributes:
        step: Which step of the reply it tells of, counted over all parts of one that was continued; the next one to
            come for lines that are no step.
        line: The line, packed by whoever keeps it.
    """

    step: int
    line: bytes


@dataclass(frozen=True, slots=True)
class TraceUse:
    """How many replies have their steps kept, and the bytes these take."""

    replies: int
    bytes: int


def shown_path(messages: Iterable[StoredMessage]) -> list[StoredMessage]:
    """The turns on screen, from first to last: of every set of alternatives the one that is shown."""
    following: dict[int | None, StoredMessage] = {}
    for message in messages:
        if message.shown or message.parent not in following:
            following[message.parent] = message
    path: list[StoredMessage] = []
    turn = following.get(None)
    while turn is not None:
        path.append(turn)
        turn = following.get(turn.id)
    return path


def title_of(question: str) -> str:
    """A conversation's name: the beginning of its first question."""
    words = " ".join(question.split())
    return words if len(words) <= TITLE_LENGTH else words[: TITLE_LENGTH - 1].rstrip() + "…"
