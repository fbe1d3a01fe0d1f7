"""Counts how much of the context a conversation takes, as the person types."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from app.background import Background
from core.chat.message import Message
from core.errors import PenjingError

if TYPE_CHECKING:
    from core.chat.tokenizer import Tokenizer

PAUSE_MS = 150


class ContextMeter(QObject):
    """Signals: counted(tokens, context) with what the next question would take; (-1, context) if that is not known."""

    counted = Signal(int, int)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._background = Background("tokens", self)
        self._folder: Path | None = None
        self._context = 0
        self._messages: tuple[Message, ...] = ()
        self._tokenizers: dict[Path, Tokenizer] = {}
        self._pause = QTimer(self, interval=PAUSE_MS, singleShot=True)
        self._pause.timeout.connect(self._count)

    def set_model(self, folder: Path | None, context: int) -> None:
        """Whose tokens to count, and how many there may be."""
        if (folder, context) != (self._folder, self._context):
            self._folder, self._context = folder, context
            self._pause.start()

    def set_messages(self, messages: tuple[Message, ...]) -> None:
        """What to count, once the person pauses in typing it."""
        self._messages = messages
        self._pause.start()

    def close(self) -> None:
        self._pause.stop()
        self._background.close()

    def _count(self) -> None:
        folder, messages, context = self._folder, self._messages, self._context
        if folder is None:
            self.counted.emit(-1, context)
            return
        self._background.run(
            lambda: len(self._tokenizer(folder).encode_chat(messages)) if messages else 0,
            lambda tokens: self.counted.emit(tokens, context),
            self._fail,
        )

    def _tokenizer(self, folder: Path) -> Tokenizer:
        from core.chat.tokenizer import Tokenizer  # Only now: the window shows first.

        if folder not in self._tokenizers:
            self._tokenizers = {folder: Tokenizer(folder)}
        return self._tokenizers[folder]

    def _fail(self, _: PenjingError) -> None:
        # The picker says what is wrong with the model; the meter just has nothing to show.
        self.counted.emit(-1, self._context)


def short_count(tokens: int) -> str:
    """Tokens in at most four characters or so: "84", "2.1k", "131k"."""
    if tokens < 1000:
        return str(tokens)
    thousands = tokens / 1024 if tokens % 1024 == 0 else tokens / 1000
    return f"{thousands:.0f}k" if thousands >= 100 or thousands == int(thousands) else f"{thousands:.1f}k"
