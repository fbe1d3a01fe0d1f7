"""Whether a target can draft for itself with low-bit substitutes of its layers, and what those take."""

from __future__ import annotations

import math
from functools import lru_cache

from core.models.grouping import MATRIX
from core.models.spec import ModelSpec, TensorGroup

BITS, GROUP = 4, 64
"""Of a rounded number, and how many columns share a scale."""

SCALE_BYTES = 4
"""A scale and a zero point, as torch's kernel wants them; in files, and elsewhere, there is a scale alone."""


def self_draft_problem(spec: ModelSpec) -> str | None:
    """Why a model cannot draft for itself, in a sentence; None if it can."""
    if spec.experts:
        return f"{spec.name} is a mixture of experts, of which a low-bit copy would be most of the model."
    if spec.quantisation is not None:
        return f"{spec.name} is quantised already ({spec.quantisation}): a low-bit copy would hardly be smaller."
    return None


@lru_cache(maxsize=16384)
def substitute_bytes(shapes: tuple[tuple[str, tuple[int, ...]], ...], element: int) -> int:
    """What the substitute of a layer takes in memory.

    Args:
        shapes: Of its weights, by name.
        element: Bytes of a number that is not rounded.
    """
    size = 0
    for name, shape in shapes:
        numbers = math.prod(shape)
        if len(shape) == 2 and name.endswith(MATRIX):
            size += numbers * BITS // 8 + shape[0] * max(1, shape[1] // GROUP) * SCALE_BYTES
        else:
            size += numbers * element
    return size


@lru_cache(maxsize=16384)
def largest_matrix(shapes: tuple[tuple[str, tuple[int, ...]], ...]) -> int:
    """How many numbers the largest matrix of a layer has that is rounded."""
    return max((math.prod(shape) for name, shape in shapes if name.endswith(MATRIX)), default=0)


def unpacking_bytes(layers: tuple[TensorGroup, ...], element: int) -> int:
    """What a matrix takes that is dequantised at each pass, where no fused kernel is faster."""
    return max(largest_matrix(tuple(layer.weights.items())) for layer in layers) * element


def substitutes(layers: tuple[TensorGroup, ...], element: int) -> tuple[int, ...]:
    """What the substitute of each layer takes in memory."""
    return tuple(substitute_bytes(tuple(layer.weights.items()), element) for layer in layers)
