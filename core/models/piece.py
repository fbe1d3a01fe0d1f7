"""Rows of a pass that go through a layer together."""

from __future__ import annotations

from dataclasses import dataclass, field

from torch import Tensor

from core.models.sight import Visibility


@dataclass(slots=True)
class Piece:
    """Rows that go through a layer together.

    Attributes:
        rows: How many count; what stands behind them is padding.
        hidden: Their state, replaced layer by layer. [1, padded rows, hidden size].
        positions: [1, padded rows].
        sight: What they see.
        rotary: Cosines and sines of the positions, by the kind of layer that wants them (None where all want the same).
    """

    rows: int
    hidden: Tensor
    positions: Tensor
    sight: Visibility
    rotary: dict[str | None, tuple[Tensor, Tensor]] = field(default_factory=dict)
