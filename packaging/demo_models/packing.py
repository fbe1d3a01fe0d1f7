"""Turns conversations into rows of token ids of one length, and says which of them the model has to learn.

A row is one conversation: it starts with the begin token at position 0, sometimes has a system message, and is filled
with turns. The turn that no longer fits is cut off there and opens the next row whole, so every answer is seen to its
end and no place is wasted on padding.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from tokenizers import Tokenizer

from chats import Turn
from vocabulary import BEGIN, PAD, TURN_END, TURN_START

IGNORED = -100
"""The label of what the assistant does not say itself (torch's default ignore index)."""


@dataclass(frozen=True)
class Row:
    """Token ids, and the same ids as labels where the assistant speaks (its closing token included), else IGNORED."""

    ids: list[int]
    labels: list[int]


Exchange = tuple[list[int], list[int]]
"""A question up to where the assistant starts to speak, and its answer up to and with the closing token."""


class Packer:
    """Encodes and packs with one tokenizer.

    Attributes:
        begin, end, pad: ids of the token that opens a conversation, of the one that closes a turn, and of padding.
    """

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self.begin, self.end, self.pad = self._encode([BEGIN + TURN_END + PAD])[0]
        self._newline = self._encode(["\n"])[0]

    def exchanges(self, turns: Sequence[Turn]) -> list[Exchange]:
        """The turns in token ids."""
        answers = self._encode([turn.answer for turn in turns])
        questions = self.questions([turn.question for turn in turns])
        return [(question, [*answer, self.end]) for question, answer in zip(questions, answers, strict=True)]

    def questions(self, texts: Sequence[str]) -> list[list[int]]:
        """Each question as a user turn, up to where the assistant starts to speak."""
        return self._encode([f"{TURN_START}user\n{text}{TURN_END}\n{TURN_START}assistant\n" for text in texts])

    def rows(self, exchanges: Iterable[Exchange], system: Iterator[str | None], length: int) -> Iterator[Row]:
        """Full rows of `length` tokens; what is left at the end and fills no row is dropped."""
        row = self._opening(next(system))
        for exchange in exchanges:
            self._add(row, exchange)
            if len(row.ids) > length:
                yield Row(row.ids[:length], row.labels[:length])
                row = self._opening(next(system))
                self._add(row, exchange)

    def _opening(self, system: str | None) -> Row:
        ids = [self.begin]
        if system is not None:
            ids += self._encode([f"{TURN_START}system\n{system}{TURN_END}\n"])[0]
        return Row(ids, [IGNORED] * len(ids))

    def _add(self, row: Row, exchange: Exchange) -> None:
        question, answer = exchange
        row.ids.extend([*question, *answer, *self._newline])
        row.labels.extend([IGNORED] * len(question) + answer + [IGNORED] * len(self._newline))

    def _encode(self, texts: Sequence[str]) -> list[list[int]]:
        return [encoding.ids for encoding in self._tokenizer.encode_batch(list(texts), add_special_tokens=False)]
