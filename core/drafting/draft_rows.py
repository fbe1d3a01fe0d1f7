"""What a draft model has said of continuations of a text: rows that its cache holds behind it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

TEXT = -1
"""The place at the end of the text. All other places are rows."""

_MOVED = 16
"""Rows whose scores are moved at once."""


class RowCache(Protocol):
    """What holds keys and values of rows, as `TreeCache` does."""

    @property
    def length(self) -> int: ...

    @property
    def tokens(self) -> list[int]: ...

    def commit(self, tokens: Sequence[int], slots: Sequence[int], pending: Sequence[int] = ()) -> None: ...

    def keep_prefix(self, tokens: Sequence[int]) -> int: ...

    def drop_uncommitted(self) -> None: ...


class Runnable(Protocol):
    """What runs passes for a draft, as `OffloadedModel` does, with a cache of its own making."""

    def new_cache(self, capacity: int) -> RowCache: ...

    def run(
        self,
        cache: Any,
        text: Sequence[int],
        nodes: Sequence[int],
        depths: Sequence[int],
        visible: Tensor,
        keep_pending: bool = False,
    ) -> Tensor: ...


class DraftRows:
    """Runs a draft model over continuations of a text, every token of each only once.

    Rows make a trie: each is one token behind another row or behind the end of the text. What a row sees is what stands
    above it, so that it is as good when the text has moved on. Rows that the text then went through become text, those
    behind its new end stay, all others are dropped.

    Args:
        context: Most tokens of a text.
        most: Most rows at a time.
    """

    def __init__(self, model: Runnable, context: int, most: int) -> None:
        self._model = model
        self._cache = model.new_cache(context + most)
        self._most = most
        self._read = False
        self._tokens: list[int] = []
        self._places: list[int] = []
        self._depths: list[int] = []
        self._children: dict[tuple[int, int], int] = {}
        self._run = 0
        self._visible = np.zeros((most, most), dtype=bool)
        self._scores = torch.empty(0)  # of the end of the text, then of each row

    def __len__(self) -> int:
        return len(self._tokens)

    @property
    def room(self) -> int:
        """Rows that can still be added."""
        return self._most - len(self)

    @property
    def read(self) -> bool:
        """Whether all of the text went through the model."""
        return self._read

    def forget(self) -> None:
        """Take all rows, and what was read of the text, for lost."""
        self._read = False
        self._forget()

    def follow(self, text: Sequence[int]) -> None:
        """Turn to a text, which mostly goes on from the last one."""
        cache = self._cache
        place, path = TEXT, []
        if self._read and list(text[: cache.length]) == cache.tokens:
            for token in text[cache.length :]:
                following = self._children.get((place, token))
                if following is None or following >= self._run:
                    break
                place = following
                path.append(place)
            self._read = cache.length + len(path) == len(text)
        else:
            self._read = False
        kept = self._below(place) if self._read else []
        start = cache.length
        cache.commit([self._tokens[row] for row in path], [start + row for row in path], [start + row for row in kept])
        if self._read:
            self._renumber(place, kept)
        else:
            self._forget()
            # The last token is run again if it was before: its scores are gone.
            cache.keep_prefix(text[:-1])

    def read_text(self, text: Sequence[int]) -> Tensor | None:
        """Run what is new of the text since it was read last.

        Returns:
            Scores of what follows its last token but one, if those are new. Float32, [vocabulary].
        """
        if self._read:
            return None
        cache = self._cache
        missing = text[cache.length :]
        # Two rows of scores are of use: the root's, and that of a leaf at which the last walk ended.
        text_rows, chain = missing[:-2], missing[-2:]
        causal = torch.ones(len(chain), len(chain), dtype=torch.bool).tril_()
        logits = self._model.run(cache, text_rows, chain, range(len(chain)), causal)
        cache.commit(missing, range(cache.length, len(text)))
        if not len(self._scores):
            # Whoever first asks may be within a pass of the target; tensors made in inference mode are for it alone.
            with torch.inference_mode(False):
                self._scores = torch.empty(self._most + 1, logits.shape[1], dtype=logits.dtype, device=logits.device)
        self._scores[0] = logits[-1]
        self._read = True
        return logits[0].float() if len(chain) > 1 else None

    def find(self, place: int, token: int) -> int | None:
        """The row of a token behind a place, if there is one."""
        return self._children.get((place, token))

    def add(self, place: int, token: int) -> int:
        """The row of a token behind a place: a new one, to be run, if there is none yet. The text must be read."""
        row = self._children.get((place, token))
        if row is None:
            row = self._children[place, token] = len(self)
            self._tokens.append(token)
            self._places.append(place)
            self._depths.append(0 if place == TEXT else self._depths[place] + 1)
            self._visible[row, : row + 1] = False
            if place != TEXT:
                self._visible[row, :place] = self._visible[place, :place]
                self._visible[row, place] = True
            self._visible[row, row] = True
        return row

    def run(self) -> None:
        """Run the rows that were added."""
        first, end = self._run, len(self)
        if first == end:
            return
        visible = torch.from_numpy(self._visible[first:end, :end])
        try:
            logits = self._model.run(
                self._cache, [], self._tokens[first:], self._depths[first:], visible, keep_pending=True
            )
        except BaseException:
            # Whatever broke it off, a cancel included: some layers may hold the new rows, others not.
            self._forget()
            self._cache.drop_uncommitted()
            raise
        self._scores[first + 1 : end + 1] = logits
        self._run = end

    def scores(self, places: Sequence[int]) -> Tensor:
        """What follows some places. Float32, [places, vocabulary]."""
        index = torch.tensor(places, device=self._scores.device) + 1
        return self._scores.index_select(0, index).float()

    def _below(self, place: int) -> list[int]:
        """The rows below a place, ascending."""
        if place == TEXT:
            return list(range(self._run))
        below = {place}
        for row in range(place + 1, self._run):
            if self._places[row] in below:
                below.add(row)
        return sorted(below - {place})

    def _renumber(self, place: int, kept: Sequence[int]) -> None:
        """Make `place` the end of the text, and `kept`, the rows below it, all rows there are."""
        if place == TEXT and len(kept) == len(self):
            return
        numbers = {place: TEXT} | {row: number for number, row in enumerate(kept)}
        depth = 0 if place == TEXT else self._depths[place] + 1
        self._move_scores([place, *kept])
        self._visible[: len(kept), : len(kept)] = self._visible[np.ix_(kept, kept)]
        self._tokens = [self._tokens[row] for row in kept]
        self._places = [numbers[self._places[row]] for row in kept]
        self._depths = [self._depths[row] - depth for row in kept]
        self._children = {
            (place, token): row for row, (place, token) in enumerate(zip(self._places, self._tokens, strict=True))
        }
        self._run = len(kept)

    def _move_scores(self, places: Sequence[int]) -> None:
        """Let the scores of some places, ascending, be the first; a few at once, for each vocabulary is large."""
        for start in range(0, len(places), _MOVED):
            part = torch.tensor(places[start : start + _MOVED], device=self._scores.device) + 1
            self._scores[start : start + len(part)] = self._scores.index_select(0, part)

    def _forget(self) -> None:
        self._tokens, self._places, self._depths, self._children, self._run = [], [], [], {}, 0
