"""Keys and values of the committed text and, behind it, of a tree that may or may not be committed."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor


class TreeCache:
    """A key-value cache in preallocated buffers, with the surgery that trees need.

    The first `length` slots hold the committed text, in order. A pass appends its rows behind them, layer by layer
    through `update`; `commit` moves the chosen rows to follow the text and forgets the rest. Buffers come untouched
    from the system, so that memory is taken as the text grows; and all at once, so that accelerators round up one only.

    The buffers may lie elsewhere than where layers compute, in RAM beside an accelerator: rows then travel there when
    they are appended, and all slots of a layer back when it needs them.

    They may keep less of each number than layers compute with. Rows are rounded as they are appended, and whoever asks
    gets them as they were kept, those of the running pass included: a tree and plain decoding see the same.

    It answers transformers' attention modules through `update`, the one method of their cache interface that a decoder
    layer calls.

    Attributes:
        tokens: Ids of the committed text, one per committed slot.
        rows: How many rows `update` keeps of what a layer hands it; a pass may pad its rows behind them.
        commits: How often text was committed so far.
    """

    def __init__(
        self,
        layers: int,
        kv_heads: int,
        head_dim: int,
        capacity: int,
        dtype: torch.dtype,
        device: torch.device | str,
        storage: torch.device | str | None = None,
    ) -> None:
        """Args:
        dtype: What keys and values are kept in.
        storage: Where the buffers lie; None for `device`, where layers compute.
        """
        shape = (2, layers, 1, kv_heads, capacity, head_dim)
        self.capacity = capacity
        self.tokens: list[int] = []
        self.rows = 0
        self.commits = 0
        self._device = device
        self._largest = torch.finfo(dtype).max if dtype.itemsize == 1 else None
        keys, values = torch.empty(shape, dtype=dtype, device=storage or device)
        self._keys, self._values = keys.unbind(), values.unbind()
        self._filled = [0] * layers

    @property
    def length(self) -> int:
        """Committed slots."""
        return len(self.tokens)

    def drop_uncommitted(self) -> None:
        """Forget uncommitted rows, such as those of a pass that was broken off."""
        self._filled = [self.length] * len(self._filled)

    def update(self, keys: Tensor, values: Tensor, layer: int, *_: object) -> tuple[Tensor, Tensor]:
        """Append rows to one layer and return all its slots. Both [1, kv_heads, rows or more, head_dim].

        What is returned is in the dtype of the cache.
        """
        start = self._filled[layer]
        self._filled[layer] = start + self.rows
        return self.write(keys[:, :, : self.rows], values[:, :, : self.rows], layer, start)

    def write(self, keys: Tensor, values: Tensor, layer: int, start: int) -> tuple[Tensor, Tensor]:
        """Put rows into slots of one layer, from `start` on, and return all its slots up to there."""
        end = start + keys.shape[2]
        self._keys[layer][:, :, start:end] = self._bounded(keys)
        self._values[layer][:, :, start:end] = self._bounded(values)
        return self._keys[layer][:, :, :end].to(self._device), self._values[layer][:, :, :end].to(self._device)

    def put(self, keys: Tensor, values: Tensor, layer: int, slots: Tensor) -> tuple[Tensor, Tensor]:
        """Put rows into the slots of one layer that a tensor names, and return all there are, whatever is in them.

        For buffers where layers compute, in the dtype of the rows. `ran` then counts these.
        """
        self._keys[layer].index_copy_(2, slots, keys)
        self._values[layer].index_copy_(2, slots, values)
        return self._keys[layer], self._values[layer]

    def ran(self, rows: int) -> None:
        """Count rows as appended to all layers that `put` has written behind the others."""
        self._filled = [filled + rows for filled in self._filled]

    def move(self, slots: Sequence[int], start: int) -> None:
        """Let what lies in some slots of every layer lie in those from `start` on."""
        end = start + len(slots)
        if list(slots) == list(range(start, end)):
            return
        index = torch.tensor(slots, device=self._keys[0].device)
        for buffer in (*self._keys, *self._values):
            # As bytes, for not all devices can pick from float8.
            bits = buffer.view(torch.uint8) if self._largest is not None else buffer
            bits[:, :, start:end] = bits.index_select(2, index)

    def clear(self, start: int, end: int) -> None:
        """Let there be zeros in some slots of every layer."""
        for buffer in (*self._keys, *self._values):
            buffer[:, :, start:end] = 0

    def commit(self, tokens: Sequence[int], slots: Sequence[int], pending: Sequence[int] = ()) -> None:
        """Keep rows as committed text, and some uncommitted ones behind it.

        Args:
            tokens: Ids of the rows, in the order of the text.
            slots: Where each lies now; ascending, none below `length`.
            pending: Where the rows lie that stay uncommitted, in their new order; all others are forgotten.
        """
        kept = [*slots, *pending]
        self.move(kept, self.length)
        self._filled = [self.length + len(kept)] * len(self._filled)
        self.tokens.extend(tokens)
        self.commits += 1

    def _bounded(self, rows: Tensor) -> Tensor:
        """Rows that the dtype of the cache can hold: float8 knows no number above 448, and no infinity."""
        return rows if self._largest is None else rows.clamp(-self._largest, self._largest)

    def keep_prefix(self, tokens: Sequence[int]) -> int:
        """Forget everything from the first token on that differs from `tokens`. Returns the new length."""
        common = 0
        for ours, theirs in zip(self.tokens, tokens, strict=False):
            if ours != theirs:
                break
            common += 1
        del self.tokens[common:]
        self.drop_uncommitted()
        return common
