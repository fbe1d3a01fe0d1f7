"""The text of a reply as it grows, and where a stop string ends it."""

from __future__ import annotations

from collections.abc import Sequence

from core.chat.text_stream import TextStream


class ReplyText:
    """Turns committed tokens into text that can be shown, holding back what may become a stop string.

    Attributes:
        text: What was shown so far.
        stopped: Whether a stop string has ended the reply; it and what follows are not part of the text.
    """

    def __init__(self, stream: TextStream, stops: Sequence[str]) -> None:
        self.text = ""
        self.stopped = False
        self._stream = stream
        self._stops = [stop for stop in stops if stop]
        self._held = ""

    def add(self, tokens: Sequence[int]) -> str:
        """The text that these tokens let be shown."""
        return self._show(self._held + self._stream.add(tokens), final=False)

    def end(self) -> str:
        """What is left to show once no token follows."""
        return self._show(self._held + self._stream.end(), final=True)

    def _show(self, text: str, final: bool) -> str:
        if self.stopped:
            return ""
        ends = [place for stop in self._stops if (place := text.find(stop)) >= 0]
        if ends:
            self.stopped = True
            shown, self._held = text[: min(ends)], ""
        else:
            keep = 0 if final else self._possible_start(text)
            shown, self._held = text[: len(text) - keep], text[len(text) - keep :]
        self.text += shown
        return shown

    def _possible_start(self, text: str) -> int:
        """Length of the longest end of `text` with which a stop string may begin."""
        lengths = [
            length
            for stop in self._stops
            for length in range(1, min(len(stop), len(text) + 1))
            if text.endswith(stop[:length])
        ]
        return max(lengths, default=0)
