"""How large a stand-in model is in each direction: like a known model, or as real models of a size in bytes are built.

Heads have the demo's size, 64, whatever the model: attention divides by the root of the head size, and twice the size
would need queries scaled by the root of two, which bfloat16 rounds. A model with heads of 128 is matched by twice as
many heads, query and key-value ones alike, so that every matrix and the cache have the bytes that they have there.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import sqrt
from typing import Literal

from core.errors import BadRequest
from core.locations import DEMO_TARGET
from core.models.checkpoint import open_checkpoint
from core.sizes import format_size

Dtype = Literal["bfloat16", "float32"]

WEIGHT_BYTES: dict[Dtype, int] = {"bfloat16": 2, "float32": 4}
"""What weights can be stored in. Not in float16: the smallest of the demo's weights would be denormal in it."""

TRAINED = open_checkpoint(DEMO_TARGET)
"""The small model that every stand-in contains."""

HEAD_DIM = TRAINED.head_dim

MLP_RATIO = 2.6875
"""Intermediate over hidden size, as Llama 2 has it."""

HIDDEN_PER_LAYER = 110
"""Hidden size over layers: 93 for 1.1B, 128 for 7B and 13B, 102 for 70B."""


@dataclass(frozen=True, slots=True)
class Shape:
    """A Llama's sizes, and how its weights are stored.

    Attributes:
        tied: The output head is the embedding, rather than a matrix of its own.
    """

    hidden: int
    layers: int
    intermediate: int
    kv_heads: int
    dtype: Dtype = "bfloat16"
    tied: bool = False

    @property
    def heads(self) -> int:
        return self.hidden // HEAD_DIM

    @property
    def layer_weights(self) -> int:
        """Numbers in one layer."""
        attention = 2 * self.hidden**2 + 2 * self.hidden * self.kv_heads * HEAD_DIM
        return attention + 3 * self.hidden * self.intermediate + 2 * self.hidden

    @property
    def other_weights(self) -> int:
        """Numbers in embedding, last norm and head."""
        return TRAINED.vocabulary * self.hidden * (1 if self.tied else 2) + self.hidden

    @property
    def bytes(self) -> int:
        return (self.layers * self.layer_weights + self.other_weights) * WEIGHT_BYTES[self.dtype]

    def check(self) -> None:
        """Raises BadRequest if the demo target does not fit into it, or it is no Llama."""
        small = TRAINED
        if self.hidden % HEAD_DIM or not (self.hidden == small.hidden_size or self.hidden >= 2 * small.hidden_size):
            raise BadRequest(
                f"A hidden size of {self.hidden} cannot hold the demo target.",
                f"Choose {small.hidden_size}, or a multiple of {HEAD_DIM} from {2 * small.hidden_size} up.",
            )
        if self.layers < len(small.layers) or self.intermediate < small.intermediate_size:
            raise BadRequest(
                f"{self.layers} layers with an intermediate size of {self.intermediate} cannot hold the demo target, "
                f"which has {len(small.layers)} and {small.intermediate_size}.",
                "Ask for more bytes, or for another hidden size or number of layers.",
            )
        if self.kv_heads < small.kv_heads or self.heads % self.kv_heads:
            raise BadRequest(
                f"{self.heads} heads cannot share {self.kv_heads} key-value heads, at least {small.kv_heads} of which "
                "the demo target needs.",
                f"Choose a divisor of {self.heads} that is at least {small.kv_heads}.",
            )


KNOWN = {
    "llama-3.2-1b": Shape(hidden=2048, layers=16, intermediate=8192, kv_heads=8),
    "llama-3.2-3b": Shape(hidden=3072, layers=28, intermediate=8192, kv_heads=16),
    "llama-2-7b": Shape(hidden=4096, layers=32, intermediate=11008, kv_heads=64),
    "llama-3-8b": Shape(hidden=4096, layers=32, intermediate=14336, kv_heads=16),
    "llama-2-13b": Shape(hidden=5120, layers=40, intermediate=13824, kv_heads=80),
    "llama-2-70b": Shape(hidden=8192, layers=80, intermediate=28672, kv_heads=16),
}
"""Sizes of known models in heads of 64. Their vocabularies, and with them embedding and head, are larger."""


def shape_like(name: str, size: int | None = None, dtype: Dtype = "bfloat16", tied: bool = False) -> Shape:
    """The layers of a known model: all that it has, or as many as come nearest to `size` bytes.

    Raises:
        BadRequest: No such model is known, or so few of its layers cannot hold the demo target.
    """
    if name not in KNOWN:
        raise BadRequest(f"{name!r} is no known model.", f"Choose one of {', '.join(KNOWN)}.")
    shape = replace(KNOWN[name], dtype=dtype, tied=tied)
    if size is not None:
        weights = size // WEIGHT_BYTES[dtype]
        shape = replace(shape, layers=round((weights - shape.other_weights) / shape.layer_weights))
    shape.check()
    return shape


def shape_of_size(
    size: int,
    hidden: int | None = None,
    layers: int | None = None,
    kv_heads: int | None = None,
    dtype: Dtype = "bfloat16",
    tied: bool = False,
) -> Shape:
    """A shape of `size` bytes to about 1 %, deep and wide as real models of that size are where nothing else is asked.

    Raises:
        BadRequest: No such shape can hold the demo target.
    """
    weights = size / WEIGHT_BYTES[dtype]
    per_square = 4 + 3 * MLP_RATIO  # Numbers in a layer are about this times the hidden size squared.
    if hidden is None:
        about = sqrt(weights / per_square / layers) if layers else (weights / per_square * HIDDEN_PER_LAYER) ** (1 / 3)
        # Multiples of the demo's hidden size lose nothing in bfloat16 (see standin_weights).
        hidden = max(round(about / TRAINED.hidden_size), 2) * TRAINED.hidden_size
    bare = Shape(hidden, layers or 0, 0, kv_heads or hidden // HEAD_DIM, dtype, tied)
    left = weights - bare.other_weights
    if layers is None:
        bare = replace(bare, layers=max(round(left / (per_square * hidden**2)), len(TRAINED.layers)))
    for_mlp = left / bare.layers - bare.layer_weights
    shape = replace(bare, intermediate=round(for_mlp / (3 * hidden) / 32) * 32)
    try:
        shape.check()
    except BadRequest as error:
        raise BadRequest(f"{format_size(size)} cannot be had: {error.what}", error.remedy) from error
    return shape
