"""Slots of a target's own cache that its draft writes to, behind those of the tree that the target verifies."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from core.trees.cache import TreeCache


class BorrowedCache:
    """What `DraftRows` needs of a cache, where the text's keys and values are the target's.

    The slots of the target's cache, in order: the text that it has committed; the tree, which a pass of the target
    appends there; and the draft's rows, the first of which is the root, as far as it was run: the target's cache has
    it only once its tree was verified. So a pass of the target and passes of the draft in its midst touch different
    slots. When text was committed, the rows that stay move on with its end.

    Args:
        cache: The target's.
        gap: Most nodes of a tree.

    Attributes:
        cache: The target's.
        tokens: The text, with the root if that was run.
        start: Slots of the target's text when the draft turned to it.
    """

    def __init__(self, cache: TreeCache, gap: int) -> None:
        self.cache = cache
        self._gap = gap
        self.tokens: list[int] = []
        self.start = 0
        self._rows = 0
        self._finite = 0  # slots up to which there are numbers, whoever wrote them
        self._commits = cache.commits

    @property
    def length(self) -> int:
        """The text's slots, as whoever drafts counts them."""
        return len(self.tokens)

    @property
    def own(self) -> int:
        """Rows of text that are the draft's: 1 if the root was run."""
        return len(self.tokens) - self.start

    @property
    def end(self) -> int:
        """The slot of the target's cache that the draft's next row goes to."""
        return self.start + self._gap + self._rows

    def turn(self) -> bool:
        """Turn to what follows the target's text. Returns whether the draft's rows are still there: two passes of the
        target since they were run last may have written over them."""
        kept = self.cache.commits <= self._commits + 1
        self._commits = self.cache.commits
        return kept

    def holds(self, text: Sequence[int]) -> bool:
        """Whether the target has keys and values of all of a text but its last token, the root."""
        return self.cache.length == len(text) - 1

    def commit(self, tokens: Sequence[int], slots: Sequence[int], pending: Sequence[int] = ()) -> None:
        """As `TreeCache.commit`, for whoever counts slots as if there were no gap."""
        start = self.cache.length
        kept = [*range(self.length), *slots, *pending][start:]
        self.tokens.extend(tokens)
        self._settle(start, [slot + self._gap for slot in kept])

    def keep_prefix(self, tokens: Sequence[int]) -> int:
        """Forget all rows, and take a text of which the target has committed the beginning. Returns its length."""
        self.tokens = list(tokens[: self.cache.length])
        self._settle(self.cache.length, [])
        return self.length

    def drop_uncommitted(self) -> None:
        """Forget all rows but the root's."""
        self._rows = self.own

    def ran(self, rows: int) -> None:
        """Count rows that a pass has written."""
        self._rows += rows

    def write(self, keys: Tensor, values: Tensor, layer: int) -> tuple[Tensor, Tensor]:
        """Put new rows of one layer into their slots and return all slots up to there."""
        return self.cache.write(keys, values, layer, self.end)

    def _settle(self, start: int, slots: Sequence[int]) -> None:
        """Let rows, by the slots of the target's cache they lie in, be all there are, behind `start` slots of text."""
        first = start + self._gap
        if self._rows:
            self._finite = max(self._finite, self.end)
        self.cache.move(slots, first)
        if self._finite < first:
            # Nobody sees what is between text and rows, but in attention no number times nothing is no number.
            self.cache.clear(max(self._finite, start), first)
            self._finite = first
        self.start, self._rows = start, len(slots)


class BorrowedRows:
    """The cache of one pass of a draft, as layers and whoever runs them see it: behind the target's text.

    Attributes:
        rows: How many rows are kept of what a layer hands over.
    """

    def __init__(self, cache: BorrowedCache) -> None:
        self._cache = cache
        self.rows = 0

    @property
    def length(self) -> int:
        """Slots of text."""
        return self._cache.start

    def drop_uncommitted(self) -> None:
        """Forget all rows but the root's."""
        self._cache.drop_uncommitted()

    def update(self, keys: Tensor, values: Tensor, layer: int, *_: object) -> tuple[Tensor, Tensor]:
        """As `TreeCache.update`."""
        return self._cache.write(keys[:, :, : self.rows], values[:, :, : self.rows], layer)
