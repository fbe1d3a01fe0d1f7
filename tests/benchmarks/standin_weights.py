"""Which numbers a stand-in's weights consist of, so that a large Llama predicts exactly what the demo target predicts.

The trained model lives in the first dimensions of the hidden state, in the first layers, in the first units of each MLP
and in one head of each of the first groups. Everything else is noise that computes in earnest but has no effect:

* *Hidden state.* Beyond the trained model's dimensions it is zero, since nothing writes there; so new columns of the
  matrices that read it are noise. New heads and new units read the live dimensions through noise and come to something,
  but the columns of o_proj and down_proj that would write it into the hidden state are zero, as are the whole of both
  in new layers. These zeros have random signs, because drives and file systems take shortcuts for empty blocks.
* *RMSNorm* takes the mean over the wider hidden state. For a hidden size of 320 * 4^k the mean is exactly 4^-k of what
  it was: epsilon shrinks by 4^k and norm weights by 2^k, which no float rounds. For others the next dimensions hold
  *counterweights*: copies of the hidden state, scaled so that the mean is a power of four of what it was again. Norm
  weights are zero there, so that nothing but the mean sees them. Scales are powers of two if the hidden size is a
  multiple of 320; if not, one copy with a scale of its own is rounded, which moves the norm by about 1e-4 in bfloat16.
* *Heads* keep their size, and with it the scale of the scores and the rotary frequencies.

So with multiples of 320 every live weight is the demo's or that times a power of two, in float32 and in bfloat16, and
predictions are the same up to the order in which sums are taken: of 24 greedy replies in bfloat16, 22 or 23 are the
same token by token, the others part at a near-tie. With other hidden sizes predictions are so in float32, and close in
bfloat16: logits move by 0.03 instead of 0.002, about as between any two ways of computing in bfloat16.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from math import sqrt
from typing import Literal

import torch
from safetensors.torch import load_file
from torch import Tensor

from tests.benchmarks.standin_shape import HEAD_DIM, TRAINED, Shape

Background = Literal["noise", "near one", "zero"]

SPREAD = 0.02
"""Standard deviation of the noise, as of untrained models."""

POOL = 2**22
"""Numbers of each background that are made once. A stand-in repeats pieces of them; every byte is still its own."""

PIECE = 2**20
"""Numbers that are put together at a time, but at least a row."""


@dataclass(frozen=True, slots=True)
class Patch:
    """Trained numbers (or zeros) [rows, columns] and where they go."""

    row: int
    column: int
    values: Tensor


@dataclass(frozen=True, slots=True)
class Matrix:
    """One tensor of a checkpoint: a background with patches. A vector is one row."""

    name: str
    shape: tuple[int, ...]
    background: Background
    patches: tuple[Patch, ...] = ()

    @property
    def rows(self) -> int:
        return self.shape[0] if len(self.shape) == 2 else 1

    @property
    def columns(self) -> int:
        return self.shape[-1]

    @property
    def numbers(self) -> int:
        return self.rows * self.columns


class Backgrounds:
    """Endless noise and zeros, from a pool."""

    def __init__(self, dtype: torch.dtype) -> None:
        self._random = torch.Generator().manual_seed(0)
        noise = torch.randn(POOL, generator=self._random) * SPREAD
        signs = torch.copysign(torch.zeros(POOL), noise)
        pools: dict[Background, Tensor] = {"noise": noise, "near one": 1 + noise, "zero": signs}
        self._pools = {background: pool.to(dtype) for background, pool in pools.items()}

    def pieces(self, matrix: Matrix) -> Iterator[Tensor]:
        """The matrix from top to bottom, some rows [rows, columns] at a time."""
        height = max(1, PIECE // matrix.columns)
        for top in range(0, matrix.rows, height):
            rows = min(height, matrix.rows - top)
            start = int(torch.randint(POOL - rows * matrix.columns + 1, (), generator=self._random))
            pool = self._pools[matrix.background]
            piece = pool[start : start + rows * matrix.columns].view(rows, -1).clone()
            for patch in matrix.patches:
                first, last = max(top, patch.row), min(top + rows, patch.row + len(patch.values))
                if first < last:
                    across = slice(patch.column, patch.column + patch.values.shape[1])
                    piece[first - top : last - top, across] = patch.values[first - patch.row : last - patch.row]
            yield piece


class Standin:
    """The tensors of a stand-in and the one number of its config that is not in its shape.

    Attributes:
        epsilon: What the norms add to the mean.
    """

    def __init__(self, shape: Shape) -> None:
        self._shape = shape
        power = 1
        while 4 * power * TRAINED.hidden_size <= shape.hidden:
            power *= 4
        self._norm_scale = 1 / sqrt(power)
        self._counterweights = _counterweights(shape.hidden, power)
        self.epsilon: float = TRAINED.config["rms_norm_eps"] / power

    def matrices(self) -> Iterator[Matrix]:
        """Embedding, layers, last norm, head."""
        hidden, words = self._shape.hidden, TRAINED.vocabulary
        embedding = self._trained["model.embed_tokens.weight"]
        written = tuple(Patch(0, patch.row, patch.values.T) for patch in self._written(embedding.T))
        yield Matrix("model.embed_tokens.weight", (words, hidden), "zero", written)
        for layer in range(self._shape.layers):
            yield from self._layer(layer)
        yield self._norm("model.norm.weight")
        if not self._shape.tied:
            yield Matrix("lm_head.weight", (words, hidden), "noise", (Patch(0, 0, embedding),))

    def _layer(self, layer: int) -> Iterator[Matrix]:
        hidden, intermediate = self._shape.hidden, self._shape.intermediate
        queries, keys = self._shape.heads * HEAD_DIM, self._shape.kv_heads * HEAD_DIM
        group = self._shape.heads // self._shape.kv_heads
        prefix = f"model.layers.{layer}."
        yield self._norm(prefix + "input_layernorm.weight")
        yield self._reader(prefix + "self_attn.q_proj.weight", (queries, hidden), HEAD_DIM, group * HEAD_DIM)
        yield self._reader(prefix + "self_attn.k_proj.weight", (keys, hidden), HEAD_DIM, HEAD_DIM)
        yield self._reader(prefix + "self_attn.v_proj.weight", (keys, hidden), HEAD_DIM, HEAD_DIM)
        yield self._writer(prefix + "self_attn.o_proj.weight", (hidden, queries), HEAD_DIM, group * HEAD_DIM)
        yield self._norm(prefix + "post_attention_layernorm.weight")
        units = TRAINED.intermediate_size
        yield self._reader(prefix + "mlp.gate_proj.weight", (intermediate, hidden), units, units)
        yield self._reader(prefix + "mlp.up_proj.weight", (intermediate, hidden), units, units)
        yield self._writer(prefix + "mlp.down_proj.weight", (hidden, intermediate), units, units)

    def _norm(self, name: str) -> Matrix:
        small = TRAINED.hidden_size
        patches = []
        if name in self._trained:
            patches.append(Patch(0, 0, self._trained[name].view(1, small) * self._norm_scale))
        if self._counterweights:
            patches.append(Patch(0, small, torch.zeros(1, small * len(self._counterweights))))
        return Matrix(name, (self._shape.hidden,), "near one", tuple(patches))

    def _reader(self, name: str, shape: tuple[int, int], block: int, stride: int) -> Matrix:
        """A matrix that reads the hidden state. Blocks of trained rows go `stride` rows apart."""
        blocks = self._trained[name].split(block) if name in self._trained else ()
        return Matrix(name, shape, "noise", tuple(Patch(index * stride, 0, rows) for index, rows in enumerate(blocks)))

    def _writer(self, name: str, shape: tuple[int, int], block: int, stride: int) -> Matrix:
        """A matrix that adds to the hidden state. Blocks of trained columns go `stride` columns apart."""
        blocks = self._trained[name].split(block, dim=1) if name in self._trained else ()
        patches = (self._written(columns, index * stride) for index, columns in enumerate(blocks))
        return Matrix(name, shape, "zero", tuple(patch for pair in patches for patch in pair))

    def _written(self, values: Tensor, column: int = 0) -> tuple[Patch, ...]:
        """Rows that add to the live hidden state and to its counterweights."""
        scales = (1.0, *self._counterweights)
        return tuple(
            Patch(index * TRAINED.hidden_size, column, values.float() * scale) for index, scale in enumerate(scales)
        )

    @cached_property
    def _trained(self) -> dict[str, Tensor]:
        return load_file(TRAINED.folder / "model.safetensors")


def _counterweights(hidden: int, power: int) -> list[float]:
    """Scales of the copies whose squares, with the 1 of the state itself, add up to hidden / 320 / power."""
    left = hidden / (power * TRAINED.hidden_size) - 1
    if hidden % TRAINED.hidden_size:
        return [sqrt(left)]
    scales = []
    scale = 1.0
    while left:  # The digits of hidden / 320 to the base of four, so this is exact and ends.
        if scale**2 > left:
            scale /= 2
        else:
            scales.append(scale)
            left -= scale**2
    return scales
