"""Gumbel noise that depends on seed, position and token id alone.

Because the noise of a position is a pure function, the token that the target will choose there is fixed before anybody
drafts: a reply depends on prompt, settings and seed, never on drafter, budget or placement.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypeVar

import torch
from torch import Tensor

_MASK = 0xFFFFFFFF

_Bits = TypeVar("_Bits", int, Tensor)


def _mix(x: _Bits) -> _Bits:
    """Scramble 32-bit values: three rounds of multiply and xor-shift, shaped like the "triple32" hash.

    Values are held in int64 and the multipliers are below 2^31, so that no product overflows and every device, and
    Python's own integers, compute the same bits. tests/core/sampling holds the noise against its distribution.
    """
    x = x ^ (x >> 17)
    x = (x * 0x6D5AD4BB) & _MASK
    x = x ^ (x >> 11)
    x = (x * 0x2C1B3C6D) & _MASK
    x = x ^ (x >> 15)
    x = (x * 0x31848BAB) & _MASK
    return x ^ (x >> 14)


class GumbelNoise:
    """Standard Gumbel noise for every (position, token) under one seed.

    Rows are computed once and kept while the positions around them are in play; memory is bounded by `_KEPT` rows of
    one float per token.
    """

    _KEPT = 96

    def __init__(self, seed: int, vocabulary: int, device: torch.device | str = "cpu") -> None:
        self.seed = seed
        self._tokens = _mix(torch.arange(vocabulary, dtype=torch.int64, device=device))
        self._rows: dict[int, Tensor] = {}

    def row(self, position: int) -> Tensor:
        """Noise of all tokens at one absolute position. Float32, [vocabulary]."""
        row = self._rows.get(position)
        if row is None:
            if len(self._rows) >= self._KEPT:
                del self._rows[min(self._rows)]
            row = self._rows[position] = self._draw(position)
        return row

    def rows(self, positions: Sequence[int]) -> Tensor:
        """Noise at several positions. Float32, [len(positions), vocabulary]."""
        return torch.stack([self.row(position) for position in positions])

    def at(self, position: int, token: int) -> float:
        """Noise of one token, without drawing a row: for those who ask for a few tokens at many positions."""
        key = self._key(position)
        bits = _mix(_mix(_mix(token) ^ key) ^ _mix((key + 1) & _MASK))
        return -math.log(-math.log((bits + 0.5) / 2**32))

    def _key(self, position: int) -> int:
        return _mix(_mix(_mix(self.seed & _MASK) ^ (self.seed >> 32)) ^ position)

    def _draw(self, position: int) -> Tensor:
        key = self._key(position)
        bits = _mix(_mix(self._tokens ^ key) ^ _mix((key + 1) & _MASK))
        # Half a step inside (0, 1): both logarithms stay finite, and the largest value, 22.9, is drawn at 2^-33.
        uniform = (bits.to(torch.float64) + 0.5) / 2**32
        return (-(-uniform.log()).log()).to(torch.float32)
