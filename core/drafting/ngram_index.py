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
    forgetting the oldest takes next to none. About 100 bytes per token of `limit`.

    Positions count from the first token ever added.

    Attributes:
        start: Position of the oldest token that is remembered.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._slack = max(64, limit // 4)
        buckets = 1 << max(10, (limit - 1).bit_length())
        self._mask = buckets - 1
        self._newest = [array("q", [_NOWHERE]) * buckets for _ in ORDERS]
        self._earlier = [array("q") for _ in ORDERS]
        self._tokens = array("i")
        self._base = 0
        self.start = 0

    @property
    def end(self) -> int:
        """Position that the next token will get."""
        return self._base + len(self._tokens)

    def __getitem__(self, position: int) -> int:
        """The token at a position from `start` on and before `end`."""
        return self._tokens[position - self._base]

    def between(self, start: int, end: int) -> list[int]:
        """The tokens from position `start` on and before `end`, as far as they are remembered."""
        return self._tokens[max(self.start, start) - self._base : max(self.start, end) - self._base].tolist()

    def append(self, token: int) -> None:
        """Add a token at the end; if there are then more than `limit`, the oldest is forgotten."""
        self._tokens.append(token)
        position = self.end - 1
        for newest, earlier, bucket in zip(self._newest, self._earlier, self._buckets_at_end(), strict=True):
            earlier.append(_NOWHERE if bucket is None else newest[bucket])
            if bucket is not None:
                newest[bucket] = position
        self.start = max(self.start, self.end - self._limit)
        # `truncate` needs whole n-grams, which reach back to forgotten tokens: those stay a little longer.
        surplus = self.start - LONGEST - self._base
        if surplus >= self._slack:
            for column in (self._tokens, *self._earlier):
                del column[:surplus]
            self._base += surplus

    def truncate(self, end: int) -> None:
        """Remove the tokens from position `end` on. If none before it is remembered, positions start again from 0."""
        if end <= self.start:
            self._forget_all()
        while self.end > end:
            for newest, earlier, bucket in zip(self._newest, self._earlier, self._buckets_at_end(), strict=True):
                before = earlier.pop()
                if bucket is not None:
                    newest[bucket] = before
            self._tokens.pop()

    def occurrences(self, context: Sequence[int], most: int) -> list[tuple[int, int]]:
        """Where the last tokens of `context` occurred with a token behind them.

        Orders are tried from the longest down and positions from the newest back, until there are `most`.

        Returns:
            For each occurrence the position of the token behind it, and how many tokens agree, up to `LONGEST`.
        """
        found: dict[int, int] = {}
        tail = array("i", context[-LONGEST:])
        for order, newest, earlier in zip(ORDERS, self._newest, self._earlier, strict=True):
            if order > len(tail):
                continue
            ngram = tail[-order:]
            for last in self._chain(newest, earlier, self._bucket(ngram), most * _HOPS):
                if len(found) == most:
                    return list(found.items())
                place = last + 1 - self._base
                known = last + 1 in found or last + 1 == self.end or last + 1 - order < self.start
                if not known and self._tokens[place - order : place] == ngram:
                    found[last + 1] = self._agreement(tail, place, order)
        return list(found.items())

    def _chain(self, newest: array[int], earlier: array[int], bucket: int, hops: int) -> Iterator[int]:
        """The remembered positions in a bucket, newest first."""
        position = newest[bucket]
        while position >= self.start and hops:
            yield position
            position = earlier[position - self._base]
            hops -= 1

    def _agreement(self, tail: array[int], place: int, agreed: int) -> int:
        """How many tokens before `place` agree with the end of `tail`, given that `agreed` do."""
        most = min(len(tail), place - (self.start - self._base))
        while agreed < most and self._tokens[place - agreed - 1] == tail[-agreed - 1]:
            agreed += 1
        return agreed

    def _bucket(self, ngram: array[int]) -> int:
        # Not the hash of its bytes, which differs from process to process.
        return hash(tuple(ngram)) & self._mask

    def _buckets_at_end(self) -> list[int | None]:
        """For each order the bucket of the n-gram that ends with the last token; None if there is no such n-gram."""
        tail = self._tokens[-LONGEST:]
        return [self._bucket(tail[-order:]) if order <= len(tail) else None for order in ORDERS]

    def _forget_all(self) -> None:
        for newest in self._newest:
            newest[:] = array("q", [_NOWHERE]) * len(newest)
        for column in (self._tokens, *self._earlier):
            del column[:]
        self._base = self.start = 0
