"""Where the last few tokens of a text occurred before: a sequence of tokens, indexed as it grows."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence

ORDERS = (16, 8, 4, 2, 1)
"""Lengths of the n-grams that are looked up, the longest first. Agreement beyond the first makes nothing surer."""

LONGEST = ORDERS[0]

_HOPS = 4
"""Links followed per occurrence that is wanted: some lead to other n-grams that share the bucket."""

_NOWHERE = -1


class NgramIndex:
    """The newest `limit` tokens of a sequence and, for each n-gram in it, where it ends, newest first.

    Works like the hash chains of LZ77 compressors. For each order a bucket names the newest position at which an n-gram
    of that hash ends, and each position names the one before it in its bucket; a chain ends where it leaves what is
    remembered. So adding or removing a token at the end takes the same time however long the sequence is, and
    forgetting the oldest takes none.

    Positions count from the first token ever added. About 100 bytes per token of `limit`.

    Attributes:
        start: Position of the oldest token that is remembered.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._slack = max(64, limit // 4)
        self._clear()

    @property
    def end(self) -> int:
        """Position that the next token will get."""
        return self._base + len(self._tokens)

    def __getitem__(self, position: int) -> int:
        """The token at a position from `start` on and before `end`."""
        return self._tokens[position - self._base]

    def append(self, token: int) -> None:
        """Add a token at the end; if there are then more than `limit`, the oldest is forgotten."""
        self._tokens.append(token)
        position = self.end - 1
        for newest, earlier, bucket in zip(self._newest, self._earlier, self._buckets_at_end(), strict=True):
            earlier.append(newest[bucket] if bucket is not None else _NOWHERE)
            if bucket is not None:
                newest[bucket] = position
        self.start = max(self.start, self.end - self._limit)
        # The n-grams of remembered tokens reach back to forgotten ones, which therefore stay a little longer.
        surplus = self.start - LONGEST - self._base
        if surplus >= self._slack:
            for column in (self._tokens, *self._earlier):
                del column[:surplus]
            self._base += surplus

    def truncate(self, end: int) -> None:
        """Remove the tokens from position `end` on; all of them if those before it are forgotten."""
        if end <= self.start:
            self._clear()
            return
        while self.end > end:
            for newest, earlier, bucket in zip(self._newest, self._earlier, self._buckets_at_end(), strict=True):
                before = earlier.pop()
                if bucket is not None:
                    newest[bucket] = before
            self._tokens.pop()

    def occurrences(self, context: Sequence[int], most: int) -> list[tuple[int, int]]:
        """Where the last tokens of `context` occurred with a token behind them.

        Orders are tried from the longest down, positions from the newest back, until there are `most`.

        Returns:
            For each occurrence the position of the token behind it, and how many tokens agree, up to `LONGEST`.
        """
        found: dict[int, int] = {}
        tail = array("i", context[-LONGEST:])
        for order, newest, earlier in zip(ORDERS, self._newest, self._earlier, strict=True):
            if order > len(tail):
                continue
            ngram = tail[-order:]
            for position in self._chain(newest, earlier, self._bucket(ngram), most * _HOPS):
                place = position + 1 - self._base
                if len(found) == most:
                    return list(found.items())
                if position + 1 not in found and position + 1 < self.end and self._tokens[place - order : place] == ngram:
                    found[position + 1] = self._agreement(tail, place, order)
        return list(found.items())

    def _chain(self, newest: array[int], earlier: array[int], bucket: int, hops: int) -> Iterator[int]:
        position = newest[bucket]
        while position >= self.start and hops:
            yield position
            position = earlier[position - self._base]
            hops -= 1

    def _agreement(self, tail: array[int], place: int, known: int) -> int:
        """How many tokens before `place` agree with the end of `tail`, given that `known` do."""
        first = self.start - self._base
        while known < len(tail) and place - known > first and self._tokens[place - known - 1] == tail[-known - 1]:
            known += 1
        return known

    def _bucket(self, ngram: array[int]) -> int:
        return hash(ngram.tobytes()) & self._mask

    def _buckets_at_end(self) -> list[int | None]:
        """The bucket of the n-gram that ends with the last token, for each order; None for more than there are."""
        tail = self._tokens[-LONGEST:]
        return [self._bucket(tail[-order:]) if order <= len(tail) else None for order in ORDERS]

    def _clear(self) -> None:
        buckets = 1 << max(8, self._limit.bit_length())
        self._mask = buckets - 1
        self._newest = [array("q", [_NOWHERE]) * buckets for _ in ORDERS]
        self._earlier = [array("q") for _ in ORDERS]
        self._tokens = array("i")
        self._base = self.start = 0
