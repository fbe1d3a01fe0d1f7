"""Which slots of a cache the rows of a pass see, as the masks that attention needs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from core.models.chunks import ATTENTION_CHUNK


@dataclass(frozen=True, slots=True)
class Block:
    """Some rows, the stretch of slots outside which none of them sees anything, and what they see within it.

    Attributes:
        mask: Additive, [1, 1, rows, slots]; None if every row sees every slot of the stretch.
    """

    rows: slice
    slots: slice
    mask: Tensor | None


class Visibility(Protocol):
    """What attention needs of what rows see."""

    def blocks(self, window: int | None) -> Iterator[Block]:
        """All rows, in their order, as those of layers with a sliding window see."""


class Sight:
    """What each row sees: rows of text all that stands before them, nodes behind them what belongs to their path.

    A row sees one slot for each position up to its own, in the order of positions. So its sliding window, the last
    positions, is the last slots that it sees: what nodes stand where need not be known.
    """

    def __init__(self, before: int, text: int, visible: Tensor, padding: int, dtype: torch.dtype, device: torch.device):
        """
        Args:
            before: Slots of text ahead of these rows.
            text: How many of the rows are text.
            visible: What the nodes, the rows that follow, see of the slots behind all text. Bool, [nodes, pending +
                nodes], where pending slots hold nodes of earlier passes.
            padding: Rows behind all others, of which nobody reads what they see.
            dtype, device: Of the masks.
        """
        self._before = before
        self._text = text
        self._visible = visible
        self._padding = padding
        self._dtype = dtype
        self._device = device
        self._node_blocks: dict[int | None, list[Block]] = {}

    def blocks(self, window: int | None) -> Iterator[Block]:
        """All rows, chunk by chunk.

        Args:
            window: How many positions a row sees, its own included; None for all.
        """
        for start in range(0, self._text, ATTENTION_CHUNK):
            # Made anew for each layer: the masks of a long prompt would together take more memory than the prompt.
            yield self._text_block(start, min(start + ATTENTION_CHUNK, self._text), window)
        if window not in self._node_blocks:
            self._node_blocks[window] = list(self._blocks_of_nodes(window))
        yield from self._node_blocks[window]

    def _text_block(self, start: int, stop: int, window: int | None) -> Block:
        first = 0 if window is None else max(0, self._before + start - window + 1)
        slots = slice(first, self._before + stop)
        padding = self._padding if stop == self._text and not len(self._visible) else 0
        rows = slice(start, stop + padding)
        if stop - start == 1 and not padding:
            return Block(rows, slots, None)
        own = self._before + start - first  # where the first row itself stands in the stretch
        mask = self._closed(stop - start + padding, slots).triu_(own + 1)
        if window is not None:
            mask += self._closed(stop - start + padding, slots).tril_(own - window)
        mask[stop - start :] = 0
        return Block(rows, slots, mask[None, None])

    def _closed(self, rows: int, slots: slice) -> Tensor:
        """A mask through which nothing is seen."""
        return torch.full((rows, slots.stop - slots.start), -torch.inf, dtype=self._dtype, device=self._device)

    def _blocks_of_nodes(self, window: int | None) -> Iterator[Block]:
        nodes, root = len(self._visible), self._before + self._text
        for start in range(0, nodes, ATTENTION_CHUNK):
            stop = min(start + ATTENTION_CHUNK, nodes)
            path = self._visible[start:stop]
            text = torch.ones(stop - start, root, dtype=torch.bool)
            first = 0
            if window is not None:
                # How many positions each row must look back to reach a slot: on its path, and in the text before it.
                back = path.flip(1).cumsum(1).flip(1)
                beyond = back[:, :1] + torch.arange(root, 0, -1)
                path, text = path & (back <= window), beyond <= window
                first = max(0, root - window + 1)
            sees = torch.cat([text[:, first:], path], dim=1)
            padding = self._padding if stop == nodes else 0
            rows = slice(self._text + start, self._text + stop + padding)
            yield Block(rows, slice(first, root + path.shape[1]), self._additive(sees, padding))

    def _additive(self, sees: Tensor, padding: int) -> Tensor | None:
        if bool(sees.all()):
            return None
        mask = torch.zeros(1, 1, len(sees) + padding, sees.shape[1], dtype=self._dtype)
        mask[0, 0, : len(sees)].masked_fill_(~sees, -torch.inf)
        return mask.to(self._device, non_blocking=True)
