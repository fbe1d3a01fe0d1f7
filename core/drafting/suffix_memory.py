"""What followed when the last tokens occurred before: in this conversation, and in what this model wrote earlier."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from core.drafting.ngram_index import LONGEST, NgramIndex

_MOST = 24
"""Occurrences looked at per sequence: the longest, and of equally long ones the newest. On texts that repeat their
prompt, four find 1 % fewer tokens a step, and twice as many no more."""

_NOVELTY = 8.0
"""Weight of a token that is not among the continuations; an occurrence weighs its length cubed. Over code, prose and
texts that repeat their prompt, this pair made the shares predict best."""

_SEPARATOR = -1
"""Stands between replies: no token, so that nothing matches across it or continues with it."""


class Occurrence(NamedTuple):
    """A place where a suffix occurred: the position of what follows there, and how many tokens agree before it."""

    sequence: NgramIndex
    position: int
    length: int


@dataclass(frozen=True, slots=True)
class Match:
    """Where a suffix occurred before. Good until the memory changes."""

    occurrences: tuple[Occurrence, ...]

    @property
    def length(self) -> int:
        """Tokens of the longest suffix that occurred before, up to `LONGEST`; 0 if none did."""
        return max((occurrence.length for occurrence in self.occurrences), default=0)


@dataclass(frozen=True, slots=True)
class Continuation:
    """A token that followed a match.

    Attributes:
        share: How much of the weight it has, between 0 and 1; the continuations of a match add up to less than 1.
        match: The match with the token behind it.
    """

    token: int
    share: float
    match: Match


class SuffixMemory:
    """Proposes what followed the same tokens before, after SuffixDecoding (arXiv 2411.04975).

    Two sequences are searched: the text in progress, and earlier replies that are no longer part of it. Where the paper
    counts all occurrences in suffix trees, here some of the longest and newest vote, the longer with more weight: that
    takes no trees, which cannot easily forget.

    Args:
        limit: Most tokens that are remembered of the text, and as many again of earlier replies; the oldest are
            forgotten first. About 200 bytes each.
    """

    def __init__(self, limit: int) -> None:
        self._text = NgramIndex(limit)
        self._replies = NgramIndex(limit)
        self._reply_spans: list[tuple[int, int]] = []

    def begin(self, text: Sequence[int]) -> None:
        """Take up a text. What it shares with the last one, from the beginning on, stays as it is.

        Replies in the rest of the last text become earlier replies.
        """
        common = self._common_prefix(text)
        for start, end in self._reply_spans:
            if dropped := self._text.between(max(start, common), end):
                for token in (*dropped, _SEPARATOR):
                    self._replies.append(token)
        self._text.truncate(common)
        kept = self._text.end
        self._reply_spans = [(start, min(end, kept)) for start, end in self._reply_spans if start < kept]
        for token in text[self._text.end :]:
            self._text.append(token)

    def extend(self, tokens: Sequence[int]) -> None:
        """Add tokens of the reply to the text."""
        start = self._text.end
        for token in tokens:
            self._text.append(token)
        if self._reply_spans and self._reply_spans[-1][1] == start:
            start = self._reply_spans.pop()[0]
        self._reply_spans.append((start, self._text.end))

    def match(self, drafted: Sequence[int] = ()) -> Match:
        """The occurrences of the longest suffixes of the text, as if `drafted` stood behind it."""
        context = [*self._text.between(self._text.end - LONGEST, self._text.end), *drafted]
        return Match(
            tuple(
                Occurrence(sequence, position, length)
                for sequence in (self._text, self._replies)
                for position, length in sequence.occurrences(context, _MOST)
            )
        )

    def continuations(self, match: Match) -> list[Continuation]:
        """The tokens that followed a match, the likeliest first."""
        followers: dict[int, list[Occurrence]] = {}
        weights: dict[int, float] = {}
        total = _NOVELTY
        for sequence, position, length in match.occurrences:
            token = sequence[position] if position < sequence.end else _SEPARATOR
            if token == _SEPARATOR:
                continue
            total += length**3
            weights[token] = weights.get(token, 0.0) + length**3
            followers.setdefault(token, []).append(Occurrence(sequence, position + 1, min(length + 1, LONGEST)))
        best = sorted(followers, key=weights.__getitem__, reverse=True)
        return [Continuation(token, weights[token] / total, Match(tuple(followers[token]))) for token in best]

    def _common_prefix(self, text: Sequence[int]) -> int:
        """Up to where the last text and `text` agree. What is forgotten of the last one counts as agreeing."""
        known = self._text.between(self._text.start, self._text.end)
        theirs = text[self._text.start :]
        for agreed, (our, their) in enumerate(zip(known, theirs, strict=False)):
            if our != their:
                return self._text.start + agreed
        return self._text.start + min(len(known), len(theirs))
