"""What followed the last tokens when they occurred before: in this conversation, and in what the model wrote earlier."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from core.drafting.ngram_index import LONGEST, NgramIndex

_MOST = 24
_SEPARATOR = -1


def _weight(length: int) -> float:
    return float(length * length)

_ESCAPE = 2.0


class Occurrence(NamedTuple):
    index: NgramIndex
    position: int
    length: int

class Continuation(NamedTuple):
    token: int
    share: float
    state: tuple[Occurrence, ...]


class SuffixMemory:
    def __init__(self, limit_tokens):
        self.text = NgramIndex(limit_tokens)
        self.replies = NgramIndex(limit_tokens)

    def extend(self, tokens):
        for t in tokens: self.text.append(t)
    def match(self, drafted=()):
        tx = self.text
        n = max(tx.start, tx.end - LONGEST)
        ctx = [tx[i] for i in range(n, tx.end)] + list(drafted)
        out = []
        for index in (tx, self.replies):
            out += [Occurrence(index, p, l) for p, l in index.occurrences(ctx, _MOST)]
        return tuple(out)
    def continuations(self, state):
        groups = {}
        total = _ESCAPE
        for index, position, length in state:
            if position == index.end: continue
            token = index[position]
            if token == _SEPARATOR: continue
            w = _weight(length)
            total += w
            g = groups.setdefault(token, [0.0, []])
            g[0] += w
            g[1].append(Occurrence(index, position+1, min(length+1, LONGEST)))
        return sorted((Continuation(t, g[0]/total, tuple(g[1])) for t, g in groups.items()), key=lambda c: -c.share)
