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

    It answers transformers' attention modules through `update`, the one method of their cache interface that a decoder
    layer calls.

    Attributes:
        tokens: Ids of the committed text, one per committed slot.
        rows: How many rows `update` keeps of what a layer hands it; a pass may pad its rows behind them.
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
        """Args: storage: Where the buffers lie; None for `device`, where layers compute."""
        shape = (2, layers, 1, kv_heads, capacity, head_dim)
        self.capacity = capacity
        self.tokens: list[int] = []
        self.rows = 0
        self._device = device
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
        """Append rows to one layer and return all its slots. Both [1, kv_heads, rows or more, head_dim]."""
        start = self._filled[layer]
        end = start + self.rows
        self._filled[layer] = end
        self._keys[layer][:, :, start:end] = keys[:, :, : self.rows]
        self._values[layer][:, :, start:end] = values[:, :, : self.rows]
        return self._keys[layer][:, :, :end].to(self._device), self._values[layer][:, :, :end].to(self._device)

    def commit(self, tokens: Sequence[int], slots: Sequence[int], pending: Sequence[int] = ()) -> None:
        """Keep rows as committed text, and some uncommitted ones behind it.

        Args:
            tokens: Ids of the rows, in the order of the text.
            slots: Where each lies now; ascending, none below `length`.
            pending: Where the rows lie that stay uncommitted, in their new order; all others are forgotten.
        """
        start, kept = self.length, [*slots, *pending]
        end = start + len(kept)
        if kept != list(range(start, end)):
            index = torch.tensor(kept, device=self._keys[0].device)
            for buffer in (*self._keys, *self._values):
                buffer[:, :, start:end] = buffer.index_select(2, index)
        self.tokens.extend(tokens)
        self._filled = [end] * len(self._filled)

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
