"""Counts how much of the context a conversation takes, as the person types and once more before it is sent."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from app.background import Background
from core.chat.message import Message
from core.errors import PenjingError

if TYPE_CHECKING:
    from core.chat.tokenizer import Tokenizer

PAUSE_MS = 150
REPLY_ROOM = 256
"""Tokens that a question should leave for its reply, in a context that is at least four times as large."""

MOST_AROUND_TURN, MOST_AROUND_CHAT = 16, 160
"""Tokens that a chat template puts around a turn and before the first, with some to spare."""


@dataclass(frozen=True)
class Count:
    """What the next question would take.

    Attributes:
        tokens: Of the whole conversation; -1 if that is not known.
        context: How many there may be.
        drop: How many of the oldest turns would have to go to make room; 0 if it fits, None if no number would do.
        attachments: Tokens of each attachment of the question.
    """

    tokens: int
    context: int
    drop: int | None = 0
    attachments: tuple[int, ...] = ()

    @property
    def room(self) -> int:
        """Tokens that are to be left for the reply."""
        return reply_room(self.context)

    @property
    def fits(self) -> bool:
        return self.tokens < 0 or self.context <= 0 or self.tokens + self.room <= self.context


def reply_room(context: int) -> int:
    """Tokens of a context that are to be left for a reply."""
    return min(REPLY_ROOM, context // 4)


class ContextMeter(QObject):
    """Signals: counted, with a Count of what was last set to be counted."""

    counted = Signal(Count)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._background = Background("tokens", self)
        self._folder: Path | None = None
        self._context = 0
        self._messages: tuple[Message, ...] = ()
        self._attachments: tuple[str, ...] = ()
        self._tokenizers: dict[Path, Tokenizer] = {}
        self._pause = QTimer(self, interval=PAUSE_MS, singleShot=True)
        self._pause.timeout.connect(self._count)

    def set_model(self, folder: Path | None, context: int) -> None:
        """Whose tokens to count, and how many there may be."""
        if (folder, context) != (self._folder, self._context):
            self._folder, self._context = folder, context
            self._pause.start()

    def set_messages(self, messages: tuple[Message, ...], attachments: Sequence[str] = ()) -> None:
        """What to count, once the person pauses in typing it; the texts of the attachments on their own as well."""
        self._messages, self._attachments = messages, tuple(attachments)
        self._pause.start()

    def surely_fits(self, messages: tuple[Message, ...]) -> bool:
        """Whether there is room for these without counting: a token is a byte or more, besides what a template adds."""
        bytes_ = sum(len(message.content.encode()) + MOST_AROUND_TURN for message in messages)
        limit = self._context - reply_room(self._context)
        return self._folder is None or self._context <= 0 or bytes_ + MOST_AROUND_CHAT <= limit

    def count(self, messages: tuple[Message, ...], done: Callable[[Count], None]) -> None:
        """Count now."""
        folder, context = self._folder, self._context
        if folder is None or context <= 0:
            done(Count(-1, context))
            return
        self._background.run(
            _tidily(lambda: _measure(self._tokenizer(folder), context, messages)),
            done,
            # What is wrong with the model, the picker says, and the engine when it is asked.
            lambda _: done(Count(-1, context)),
        )

    def close(self) -> None:
        self._pause.stop()
        self._background.close()

    def _count(self) -> None:
        folder, messages, attachments, context = self._folder, self._messages, self._attachments, self._context
        if folder is None:
            self.counted.emit(Count(-1, context))
            return

        def work() -> Count:
            tokenizer = self._tokenizer(folder)
            sizes = tuple(len(tokenizer.encode(text)) for text in attachments)
            tokens = len(tokenizer.encode_chat(messages)) if messages else 0
            return Count(tokens, context, attachments=sizes)

        self._background.run(_tidily(work), self.counted.emit, self._fail)

    def _tokenizer(self, folder: Path) -> Tokenizer:
        from core.chat.tokenizer import Tokenizer  # Only now: the window shows first.

        if folder not in self._tokenizers:
            self._tokenizers = {folder: Tokenizer(folder)}
        return self._tokenizers[folder]

    def _fail(self, _: PenjingError) -> None:
        # The picker says what is wrong with the model; the meter just has nothing to show.
        self.counted.emit(Count(-1, self._context))


def _tidily(count: Callable[[], Count]) -> Callable[[], Count]:
    """The same, with the memory returned that it took: 13 MB for 100 KB of text, which would stay with its thread."""

    def counted() -> Count:
        from core.machine.own_memory import return_free_pages  # Only now: the window shows first.

        try:
            return count()
        finally:
            return_free_pages()

    return counted


def _measure(tokenizer: Tokenizer, context: int, messages: tuple[Message, ...]) -> Count:
    """The size of a conversation, and if it is too long, how many of its oldest turns are too many."""
    tokens = len(tokenizer.encode_chat(messages))
    count = Count(tokens, context)
    if count.fits:
        return count
    system = messages[:1] if messages and messages[0].role == "system" else ()
    turns = messages[len(system) :]
    # A conversation goes on with a question, and the last one is what it is all about.
    for drop in (index for index in range(1, len(turns)) if turns[index].role == "user"):
        if Count(len(tokenizer.encode_chat((*system, *turns[drop:]))), context).fits:
            return Count(tokens, context, drop)
    return Count(tokens, context, None)


def short_count(tokens: int) -> str:
    """Tokens in at most four characters or so: "84", "2.1k", "131k"."""
    if tokens < 1000:
        return str(tokens)
    thousands = tokens / 1024 if tokens % 1024 == 0 else tokens / 1000
    return f"{thousands:.0f}k" if thousands >= 100 or thousands == int(thousands) else f"{thousands:.1f}k"
