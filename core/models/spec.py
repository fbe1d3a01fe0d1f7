"""What a checkpoint is: shapes, sizes and where every tensor's bytes lie. Knows nothing of torch."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

DTYPE_BYTES = {
    "F64": 8,
    "F32": 4,
    "F16": 2,
    "BF16": 2,
    "F8_E4M3": 1,
    "F8_E5M2": 1,
    "I64": 8,
    "I32": 4,
    "I16": 2,
    "I8": 1,
    "U8": 1,
    "BOOL": 1,
}
"""Bytes per element, by the dtype names of safetensors headers."""


@dataclass(frozen=True, slots=True)
class TensorSpec:
    """One tensor's place on disk. `offset` counts bytes from the start of `file`."""

    name: str
    file: Path
    offset: int
    bytes: int
    dtype: str
    shape: tuple[int, ...]

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
        return TensorSpec(
            name=self.name,
            file=self.file,
            offset=self.offset + start * row,
            bytes=(stop - start) * row,
            dtype=self.dtype,
            shape=(stop - start, *self.shape[1:]),
        )


@dataclass(frozen=True)
class TensorGroup:
    """Tensors that are placed, read and used together: a layer, the embedding, the head.

    Tensor names are relative to the group's module (`self_attn.q_proj.weight`), so that every layer of a model has the
    same names, and every expert. `prefix` + name is the whole name as transformers' modules have it ("model.layers.3."
    + …; the head's prefix is empty), which is the name in the file but for families with older spellings; experts that
    the files hold together share a prefix. Tensors are in the order in which they lie in the files.
    """

    prefix: str
    tensors: tuple[TensorSpec, ...]

    @cached_property
    def bytes(self) -> int:
        return sum(tensor.bytes for tensor in self.tensors)

    @cached_property
    def parameters(self) -> int:
        return sum(tensor.elements for tensor in self.tensors)


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
        quantisation: Name of the quantisation method, or None.
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
