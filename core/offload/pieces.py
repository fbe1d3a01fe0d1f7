"""Cuts the rows of a pass into pieces that go through a layer one after the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor
from torch.nn import functional

from core.models.attention import arithmetic_dtype
from core.models.chunks import PROMPT_CHUNK
from core.models.padding import padded
from core.models.piece import Piece
from core.models.sight import Sight


def cut(hidden: Tensor, past: int, depths: Sequence[int], visible: Tensor, whole: bool) -> list[Piece]:
    """A pass in pieces: text in chunks, then all nodes.

    Args:
        hidden: States of all rows before the first layer: text, then nodes. [1, text + nodes, hidden size].
        past: Slots of committed text.
        depths: Depth of each node; 0 is the position right after the text.
        visible: Which nodes see which rows behind the text. Bool, [nodes, pending + nodes].
        whole: Make one piece of everything.

    Returns:
        At least one piece; the nodes are the last rows that count of the last one.
    """
    text = hidden.shape[1] - len(depths)
    positions = [*range(past, past + text), *(past + text + depth for depth in depths)]
    return [
        _piece(hidden[:, start:stop], positions[start:stop], past + start, visible if stop > text else visible[:0])
        for start, stop in _stretches(text, len(depths), whole)
    ]


def _stretches(text: int, nodes: int, whole: bool) -> Iterator[tuple[int, int]]:
    """Where each piece starts and stops."""
    if whole:
        yield 0, text + nodes
        return
    for start in range(0, text, PROMPT_CHUNK):
        yield start, min(start + PROMPT_CHUNK, text)
    yield text, text + nodes


def _piece(hidden: Tensor, positions: Sequence[int], before: int, visible: Tensor) -> Piece:
    """Rows ready for the first layer; the last ones are nodes, as many as `visible` has rows."""
    rows, device = hidden.shape[1], hidden.device
    padding = padded(rows, hidden.dtype, device) - rows
    return Piece(
        rows,
        functional.pad(hidden, (0, 0, 0, padding)),
        torch.tensor([[*positions, *[0] * padding]]).to(device, non_blocking=True),
        Sight(before, rows - len(visible), visible, padding, arithmetic_dtype(hidden.dtype, device), device),
    )
