"""Turns tokens into text as they arrive, and never shows half a character."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

INCOMPLETE = "\N{REPLACEMENT CHARACTER}"
"""What decoders put for bytes that are no character, or not yet one."""

BYTE_TOKEN = re.compile(r"<0x[0-9A-F]{2}>")
"""A byte in vocabularies of the sentencepiece kind."""


class TextStream:
    """Incremental detokenisation of one text.

    The pieces that `add` and `end` return, put together, equal the text of all tokens decoded at once. Each call
    decodes the tokens that wait and those shown last, which give the decoder its context (what begins a text loses its
    leading space in many vocabularies), so that the cost of a whole text is linear in its length.

    Args:
        decode: Text of a few tokens; special tokens and unknown ids add nothing to it.
        spelling: A token as the vocabulary spells it, or None if it adds nothing to the text.
        after: The tokens before it, if the text continues another.
    """

    def __init__(
        self,
        decode: Callable[[Sequence[int]], str],
        spelling: Callable[[int], str | None],
        after: Sequence[int] = (),
    ) -> None:
        self._decode = decode
        self._spelling = spelling
        self._shown = list(after)
        self._shown_text = decode(self._shown)
        self._waiting: list[int] = []
        self._byte_run: list[int] = []

    def add(self, ids: Iterable[int]) -> str:
        """Text that these tokens complete; "" if they only begin a character."""
        for token in ids:
            spelling = self._spelling(token)
            if spelling is None:
                continue
            self._byte_run.append(token)
            # Byte tokens in a row are decoded as one: a single wrong byte makes all of them unreadable.
            if not BYTE_TOKEN.fullmatch(spelling):
                self._waiting += self._byte_run
                self._byte_run.clear()
        return self._show(self._settled())

    def end(self) -> str:
        """The rest of the text; the stream is then as new."""
        self._waiting += self._byte_run
        rest = self._show(len(self._waiting))
        self._shown, self._shown_text, self._byte_run = [], "", []
        return rest

    def _settled(self) -> int:
        """How many of the waiting tokens have a text that no later token can change."""
        text = self._decode(self._shown + self._waiting)
        if not text.endswith(INCOMPLETE):
            return len(self._waiting)
        # Between two characters, and only there, both sides decoded apart make the same text as decoded together.
        for cut in range(len(self._waiting) - 1, 0, -1):
            if self._decode(self._shown + self._waiting[:cut]) + self._decode(self._waiting[cut:]) == text:
                return cut
        return 0

    def _show(self, count: int) -> str:
        if count == 0:
            return ""
        text = self._decode(self._shown + self._waiting[:count])
        piece = text[len(self._shown_text) :]
        self._shown, self._waiting = self._waiting[:count], self._waiting[count:]
        self._shown_text = self._decode(self._shown)
        return piece
