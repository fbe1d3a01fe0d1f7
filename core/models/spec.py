"""What a checkpoint is: shapes, sizes and where every tensor's bytes lie. Knows nothing of torch."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

DTYPE_BYTES = {
    "F64": 8,
    "F32": 4,
    "F16": 2,
    "BF16": 2,
    "F8_E4M3": 1,
    "F8_E5M2": 1,
    "F8_E8M0": 1,
    "I64": 8,
    "I32": 4,
    "I16": 2,
    "I8": 1,
    "U8": 1,
    "BOOL": 1,
}
"""Bytes per element, by the dtype names of safetensors headers."""


FLOATS = {"F64", "F32", "F16", "BF16"}
"""The dtypes of plain weights."""


class Packing:
    """How the numbers of a weight are encoded. Each format has a subclass of its own, frozen data.

    Attributes:
        by_row: Whether every part has a first dimension as long as the weight's, or of 1, so that rows can be cut out.
        transposed: Whether the weight is stored, and computed, with its two dimensions swapped.
    """

    by_row: ClassVar[bool] = False
    transposed: ClassVar[bool] = False

    def shape(self, stored: tuple[int, ...]) -> tuple[int, ...]:
        """The shape of a weight that is a single tensor, from the shape of its bytes."""
        return stored


@dataclass(frozen=True, slots=True)
class TensorSpec:
    """One tensor's place on disk. `offset` counts bytes from the start of `file`.

    `packing` says how its bytes stand for numbers, where a file says so of each tensor; its own dtype and shape are
    then those of the bytes.
    """

    name: str
    file: Path
    offset: int
    bytes: int
    dtype: str
    shape: tuple[int, ...]
    packing: Packing | None = None

    @property
    def elements(self) -> int:
        return self.bytes // DTYPE_BYTES[self.dtype]

    def rows(self, start: int, stop: int) -> TensorSpec:
        """The part of this tensor from index `start` up to `stop` of its first dimension, under the same name.

        Raises IndexError if it does not lie within the tensor.
        """
        if not 0 <= start <= stop <= self.shape[0]:
            raise IndexError(f"rows {start} to {stop} of the {self.shape[0]} of {self.name}")
        row = self.bytes // self.shape[0]
        return replace(
            self, offset=self.offset + start * row, bytes=(stop - start) * row, shape=(stop - start, *self.shape[1:])
        )


@dataclass(frozen=True, slots=True)
class PackedWeight:
    """A weight that is computed from stored tensors.

    Attributes:
        shape: As layers want it.
        parts: The names of the tensors it is computed from, by what each is in its format.
    """

    name: str
    shape: tuple[int, ...]
    parts: Mapping[str, str]
    packing: Packing

    @property
    def elements(self) -> int:
        return math.prod(self.shape)


@dataclass(frozen=True)
class TensorGroup:
    """Tensors that are placed, read and used together: a layer, the embedding, the head.

    Tensor names are relative to the group's module (`self_attn.q_proj.weight`), so that every layer of a model has the
    same names, and every expert. `prefix` + name is the whole name as transformers' modules have it ("model.layers.3."
    + …; the head's prefix is empty), which is the name in the file but for families with older spellings; experts that
    the files hold together share a prefix. Tensors are in the order in which they lie in the files. Each is a weight,
    or a part of a weight in `packed`.
    """

    prefix: str
    tensors: tuple[TensorSpec, ...]
    packed: tuple[PackedWeight, ...] = ()

    @cached_property
    def bytes(self) -> int:
        """As stored."""
        return sum(tensor.bytes for tensor in self.tensors)

    @cached_property
    def plain(self) -> tuple[TensorSpec, ...]:
        """The tensors that are weights themselves."""
        parts = {part for weight in self.packed for part in weight.parts.values()}
        return tuple(tensor for tensor in self.tensors if tensor.name not in parts)

    @cached_property
    def weights(self) -> dict[str, tuple[int, ...]]:
        """The shapes of the weights, by name."""
        plain = {tensor.name: tensor.shape for tensor in self.plain}
        return plain | {weight.name: weight.shape for weight in self.packed}

    @cached_property
    def parameters(self) -> int:
        return sum(math.prod(shape) for shape in self.weights.values())

    @property
    def only(self) -> PackedWeight | None:
        """Of a group of one weight how that is packed; None for a plain one."""
        return next(iter(self.packed), None)

    def alone(self, name: str, new_name: str) -> TensorGroup:
        """A group of one of the weights, under another name."""
        for weight in self.packed:
            if weight.name == name:
                parts = weight.parts.values()
                tensors = tuple(tensor for tensor in self.tensors if tensor.name in parts)
                return TensorGroup("", tensors, (replace(weight, name=new_name),))
        return TensorGroup("", tuple(replace(tensor, name=new_name) for tensor in self.plain if tensor.name == name))

    def rows(self, start: int, stop: int) -> TensorGroup:
        """The rows `start` up to `stop` of a group of one weight. Raises IndexError if it has no such rows.

        Of a packed one whose packing is not `by_row` there is no such part.
        """
        if not self.packed:
            return TensorGroup(self.prefix, (self.tensors[0].rows(start, stop),))
        (weight,) = self.packed
        assert weight.packing.by_row
        shared = 1 if weight.shape[0] > 1 else 0
        tensors = tuple(part if part.shape[0] == shared else part.rows(start, stop) for part in self.tensors)
        return TensorGroup(self.prefix, tensors, (replace(weight, shape=(stop - start, *weight.shape[1:])),))


@dataclass(frozen=True)
class ModelSpec:
    """A checkpoint as its config.json and safetensors headers describe it.

    Attributes:
        folder: Where it lies; `name` is the folder's name or, in the Hugging Face cache, the repository's.
        family: `model_type` of config.json, such as "llama"; of its part about writing text, where it has parts.
        config: The whole of config.json, or of its part about writing text, for what only the layers themselves need
            to know.
        layers: One group per decoder layer, in order; without its experts.
        expert_groups: For each layer one group per expert, () where it has none.
        embedding: The input embedding.
        head: Final norm and output head; the head's weight is absent if it is tied to the embedding.
        vocabulary: Rows of the embedding.
        experts, experts_per_token: How many a layer has, if it has any, and how many of them compute a token; 0 for a
            dense model.
        context_limit: Positions that can be used.
        sliding_window: Tokens that windowed attention layers see, or None.
        dtype: Name of the weights' main dtype, as safetensors spells it ("BF16").
        quantisation: What the weights are packed as, in words ("GPTQ 4-bit"), or None.
    """

    folder: Path
    name: str
    family: str
    config: dict[str, Any]
    layers: tuple[TensorGroup, ...]
    expert_groups: tuple[tuple[TensorGroup, ...], ...]
    embedding: TensorGroup
    head: TensorGroup
    tied_embeddings: bool
    hidden_size: int
    intermediate_size: int
    heads: int
    kv_heads: int
    head_dim: int
    vocabulary: int
    experts: int
    experts_per_token: int
    context_limit: int
    sliding_window: int | None
    dtype: str
    quantisation: str | None

    @property
    def groups(self) -> tuple[TensorGroup, ...]:
        """Everything in the order a pass uses it."""
        experts = (expert for experts in self.expert_groups for expert in experts)
        return (self.embedding, *self.layers, *experts, self.head)

    @cached_property
    def bytes(self) -> int:
        return sum(group.bytes for group in self.groups)

    @cached_property
    def parameters(self) -> int:
        return sum(group.parameters for group in self.groups)

    def kv_bytes_per_token(self, element_bytes: int) -> int:
        """Bytes that one token's keys and values take over all layers."""
        return 2 * len(self.layers) * self.kv_heads * self.head_dim * element_bytes
