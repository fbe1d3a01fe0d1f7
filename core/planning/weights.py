"""How many bytes the weights of a model take: as stored, in the compute dtype, and on their way."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from core.models.spec import ModelSpec, TensorGroup
from core.planning.self_draft import substitutes, unpacking_bytes

ELEMENT_BYTES = {"float32": 4, "bfloat16": 2, "float16": 2}
"""Bytes per element of the dtypes that layers compute in."""

KV_BYTES = ELEMENT_BYTES | {"float8_e4m3": 1}
"""The same of the dtypes that keys and values can be kept in."""

STORED_NAMES = {"float32": "F32", "bfloat16": "BF16", "float16": "F16"}
"""What safetensors headers call those dtypes."""

STAGING_SLOTS = 2
"""Layers in the staging ring: one computes while the next arrives."""

EXPERT_SLOTS = 4
"""Experts in theirs: they are small, so that reading one takes hardly longer than asking for it."""

LOADING_SLOTS, LOADING_SLOT_BYTES = 3, 32 << 20
"""Buffers through which resident weights are read at load; tensors that are larger come in slices."""

EMBEDDING_ROWS = 256
"""Rows of an embedding on the drive that are read at once."""

BLOCK = 4096
"""Direct reads begin and end at multiples of this."""


@dataclass(frozen=True, slots=True)
class Streams:
    """Which kinds of parts travel at each pass, at least some of them."""

    layers: bool
    experts: bool
    head: bool
    embedding: bool


@dataclass(frozen=True, slots=True)
class Sizes:
    """Bytes of the parts of a model that are placed on their own.

    Attributes:
        layers: Each layer, without its experts if it has any.
        experts: All experts of each layer together; 0 where there are none.
        head: Final norm and output head; of a tied head, whose matrix is the embedding's, the norm alone.
    """

    layers: tuple[int, ...]
    experts: tuple[int, ...]
    head: int
    embedding: int

    @property
    def total(self) -> int:
        return sum(self.layers) + sum(self.experts) + self.head + self.embedding


@dataclass(frozen=True)
class Weights:
    """The bytes of a model's weights in a compute dtype.

    Attributes:
        packed: Whether what is stored packed stays so where it is resident.
    """

    spec: ModelSpec
    dtype: str
    packed: bool = False

    @classmethod
    def of(cls, spec: ModelSpec, dtype: str, packed: bool = False) -> Weights:
        """Those of a spec, worked out once: a mixture of experts has thousands of groups, and sliders plan it often."""
        key = id(spec), dtype, packed
        weights = _RECENT.get(key)
        if weights is None:
            if len(_RECENT) >= _RECENT_MOST:
                # Copied in one go, for others may plan in a thread of their own.
                _RECENT.pop(next(iter(tuple(_RECENT))), None)
            weights = _RECENT[key] = cls(spec, dtype, packed)
        return weights

    @property
    def element(self) -> int:
        """Bytes of one element in the compute dtype."""
        return ELEMENT_BYTES[self.dtype]

    @cached_property
    def computed(self) -> Sizes:
        """What parts take in the compute dtype."""
        return self._sizes(lambda group: group.parameters * self.element)

    @cached_property
    def resident(self) -> Sizes:
        """What parts take on the compute device."""
        return self._sizes(
            lambda group: group.bytes if self.packed and group.packed else group.parameters * self.element
        )

    @cached_property
    def unpacked(self) -> Sizes:
        """How many weights of each part are to be dequantised before they can be computed with."""
        return self._sizes(lambda group: sum(weight.elements for weight in group.packed))

    @cached_property
    def substitutes(self) -> tuple[int, ...]:
        """What the low-bit substitute of each layer takes."""
        return substitutes(self.spec.layers, self.element)

    @cached_property
    def unpacking(self) -> int:
        """What a matrix of a substitute takes that is dequantised at each pass."""
        return unpacking_bytes(self.spec.layers, self.element)

    @cached_property
    def stored(self) -> Sizes:
        """What parts take in their files, and travel."""
        return self._sizes(lambda group: group.bytes)

    @cached_property
    def waiting(self) -> Sizes:
        """What parts take in RAM from where they are copied to another device: as stored, in buffers."""
        return self._sizes(lambda group: _buffer(group.bytes))

    @cached_property
    def largest_expert(self) -> int:
        """What an expert takes at most in the compute dtype; 0 without experts."""
        return max((expert.parameters for expert in self._experts), default=0) * self.element

    @cached_property
    def streamed_head(self) -> int:
        """What travels at each pass if the head streams: of a tied one the embedding's matrix."""
        return self.stored.head + (self.stored.embedding if self.spec.tied_embeddings else 0)

    @cached_property
    def embedding_row(self) -> int:
        """One row of the embedding as stored."""
        return self.stored.embedding // self.spec.vocabulary

    @cached_property
    def embedding_buffer(self) -> int:
        """What rows of an embedding on the drive are read into: whole blocks, and one more where they cross some."""
        return EMBEDDING_ROWS * (_round_up(self.embedding_row, BLOCK) + BLOCK)

    @cached_property
    def loading(self) -> int:
        """The buffers through which resident weights are read at load."""
        # A packed weight is dequantised as a whole.
        slot = max(LOADING_SLOT_BYTES, 0 if self.packed else self._largest_packed)
        if self.stored.total <= slot:
            return _buffer(self.stored.total)
        return LOADING_SLOTS * _buffer(slot)

    def ring(self, streams: Streams) -> int:
        """The staging rings: slots of the largest layer, or of a slice of the head; and slots of the largest expert.

        A head is sliced so that no slice is larger than the largest layer.
        """
        layer = self.largest_layer if streams.layers else self._head_slice if streams.head else 0
        ring = STAGING_SLOTS * _buffer(layer) if layer else 0
        return ring + (EXPERT_SLOTS * _buffer(self._largest_expert) if streams.experts else 0)

    def scratch(self, streams: Streams) -> int:
        """One layer or slice of the head, and one expert, in the compute dtype, if they are stored otherwise."""
        layers = self._layers_convert and (streams.layers or self.packed)
        head = self._head_converts and (streams.head or (self.packed and bool(self._head_group.packed)))
        experts = self._experts_convert and (streams.experts or self.packed)
        share = self._head_slice / max(1, self._head_group.bytes)
        of_head = math.ceil(share * self._head_group.parameters) * self.element if head else 0
        return max(max(self.computed.layers) if layers else 0, of_head) + (self.largest_expert if experts else 0)

    @cached_property
    def largest_layer(self) -> int:
        """The largest layer as stored."""
        return max(self.stored.layers)

    @cached_property
    def layer_kinds(self) -> tuple[tuple[int, int], ...]:
        """The sizes that layers have, in parameters, and how many have each."""
        return tuple(Counter(layer.parameters for layer in self.spec.layers).items())

    @cached_property
    def _largest_expert(self) -> int:
        return max((expert.bytes for expert in self._experts), default=0)

    @cached_property
    def _experts(self) -> list[TensorGroup]:
        return [expert for experts in self.spec.expert_groups for expert in experts]

    @cached_property
    def _head_slice(self) -> int:
        return min(self.streamed_head, self.largest_layer)

    @cached_property
    def _head_group(self) -> TensorGroup:
        """The group that holds the head's matrix."""
        return self.spec.embedding if self.spec.tied_embeddings else self.spec.head

    @cached_property
    def _largest_packed(self) -> int:
        """Bytes of the largest packed weight."""
        sizes = (
            sum(tensor.bytes for tensor in group.tensors if tensor.name in weight.parts.values())
            for group in self.spec.groups
            for weight in group.packed
        )
        return max(sizes, default=0)

    @cached_property
    def _layers_convert(self) -> bool:
        return self._converts(self.spec.layers)

    @cached_property
    def _head_converts(self) -> bool:
        return self._converts([self._head_group])

    @cached_property
    def _experts_convert(self) -> bool:
        return self._converts(self._experts)

    def _converts(self, groups: Sequence[TensorGroup]) -> bool:
        stored = STORED_NAMES[self.dtype]
        return any(group.packed or tensor.dtype != stored for group in groups for tensor in group.tensors)

    def _sizes(self, size: Callable[[TensorGroup], int]) -> Sizes:
        spec = self.spec
        return Sizes(
            tuple(size(layer) for layer in spec.layers),
            tuple(sum(size(expert) for expert in experts) for experts in spec.expert_groups),
            size(spec.head),
            size(spec.embedding),
        )


_RECENT: dict[tuple[int, str, bool], Weights] = {}
"""By the identity of their specs, which they keep alive."""

_RECENT_MOST = 24


def _round_up(size: int, step: int) -> int:
    return -(-size // step) * step


def _buffer(size: int) -> int:
    """A buffer for direct reads of a group: whole blocks, and slack where its ranges in the files are not aligned."""
    return _round_up(size, BLOCK) + 3 * BLOCK
