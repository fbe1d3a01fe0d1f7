"""How many bytes a model pair takes, by purpose. The one place that states these formulas.

What is resident is kept in the compute dtype: converted once, at load. What streams is staged as it is stored, and
converted at each pass into a scratch if that dtype is another.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from core.models.chunks import EXPERT_CHUNK, PROMPT_CHUNK
from core.models.spec import ModelSpec, TensorGroup

ELEMENT_BYTES = {"float32": 4, "bfloat16": 2, "float16": 2}
"""Bytes per element of the dtypes that layers compute in."""

STORED_NAMES = {"float32": "F32", "bfloat16": "BF16", "float16": "F16"}
"""What safetensors headers call those dtypes."""

STAGING_SLOTS = 2
"""Layers in the staging ring: one computes while the next arrives."""

EXPERT_SLOTS = 4
"""Experts in theirs: they are small, so that reading one takes hardly longer than asking for it."""

LOADING_SLOTS, LOADING_SLOT_BYTES = 3, 32 << 20
"""Buffers through which resident weights are read at load; tensors that are larger come in slices."""

FUSED_ROWS = 64
"""Rows from which attention on a CPU is one kernel that holds no scores (measured: 8192 slots of 32 heads, 256 rows: 72
MiB, which is keys and values in float32, instead of 576)."""

EMBEDDING_ROWS = 256
"""Rows of an embedding on the drive that are read at once."""

BLOCK = 4096
"""Direct reads begin and end at multiples of this."""

DRAFT_ROWS = 3
"""Rows that a drafter expands at most per node of its tree."""

DRAFT_WIDTH = 16
"""Rows that it expands at once."""

NOISE_ROWS = 96
"""Positions whose noise is kept."""

TOKENIZER_ENTRY = 900
"""Bytes that a tokenizer takes per entry of its vocabulary (measured: 109 MiB for 128,000 entries)."""

SUCCESSORS_ENTRY, NGRAMS_TOKEN = 64, 400
"""Bytes that drafting from memory takes per entry of the vocabulary, and per token of the context."""

PROCESS_SLACK = 12 << 20
"""Bytes of modules, threads and what allocators hold back (measured: up to 10 MiB beyond all else, small models)."""


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
    """The bytes of a model's weights in a compute dtype."""

    spec: ModelSpec
    dtype: str

    @classmethod
    def of(cls, spec: ModelSpec, dtype: str) -> Weights:
        """Those of a spec, worked out once: a mixture of experts has thousands of groups, and sliders plan it often."""
        key = id(spec), dtype
        weights = _RECENT.get(key)
        if weights is None:
            if len(_RECENT) == _RECENT_MOST:
                _RECENT.pop(next(iter(_RECENT)), None)
            weights = _RECENT[key] = cls(spec, dtype)
        return weights

    @property
    def element(self) -> int:
        """Bytes of one element in the compute dtype."""
        return ELEMENT_BYTES[self.dtype]

    @cached_property
    def resident(self) -> Sizes:
        """What parts take on the compute device."""
        spec, element = self.spec, self.element
        return Sizes(
            tuple(layer.parameters * element for layer in spec.layers),
            tuple(sum(expert.parameters for expert in experts) * element for experts in spec.expert_groups),
            spec.head.parameters * element,
            spec.embedding.parameters * element,
        )

    @cached_property
    def stored(self) -> Sizes:
        """What parts take in their files, and travel."""
        spec = self.spec
        return Sizes(
            tuple(layer.bytes for layer in spec.layers),
            tuple(sum(expert.bytes for expert in experts) for experts in spec.expert_groups),
            spec.head.bytes,
            spec.embedding.bytes,
        )

    @cached_property
    def waiting(self) -> Sizes:
        """What parts take in RAM from where they are copied to another device: as stored, in buffers."""
        spec = self.spec
        return Sizes(
            tuple(_buffer(layer.bytes) for layer in spec.layers),
            tuple(sum(_buffer(expert.bytes) for expert in experts) for experts in spec.expert_groups),
            _buffer(spec.head.bytes),
            _buffer(spec.embedding.bytes),
        )

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
        if self.stored.total <= LOADING_SLOT_BYTES:
            return _buffer(self.stored.total)
        return LOADING_SLOTS * _buffer(LOADING_SLOT_BYTES)

    def ring(self, streams: Streams) -> int:
        """The staging rings: slots of the largest layer, or of a slice of the head; and slots of the largest expert.

        A head is sliced so that no slice is larger than the largest layer.
        """
        layer = self._largest_layer if streams.layers else self._head_slice if streams.head else 0
        ring = STAGING_SLOTS * _buffer(layer) if layer else 0
        return ring + (EXPERT_SLOTS * _buffer(self._largest_expert) if streams.experts else 0)

    def scratch(self, streams: Streams) -> int:
        """One layer or slice of the head, and one expert, in the compute dtype, if they are stored in another."""
        layer = max(self.resident.layers) if streams.layers and self._layers_convert else 0
        head = self._head_slice * self.element // self._head_element if streams.head and self._head_converts else 0
        return max(layer, head) + (self.largest_expert if streams.experts and self._experts_convert else 0)

    @cached_property
    def _largest_layer(self) -> int:
        return max(self.stored.layers)

    @cached_property
    def _largest_expert(self) -> int:
        return max((expert.bytes for expert in self._experts), default=0)

    @cached_property
    def _experts(self) -> list[TensorGroup]:
        return [expert for experts in self.spec.expert_groups for expert in experts]

    @cached_property
    def _head_slice(self) -> int:
        return min(self.streamed_head, self._largest_layer)

    @cached_property
    def _head_group(self) -> TensorGroup:
        """The group that holds the head's matrix."""
        return self.spec.embedding if self.spec.tied_embeddings else self.spec.head

    @cached_property
    def _head_element(self) -> int:
        return max(1, self._head_group.bytes // self._head_group.parameters)

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
        return any(tensor.dtype != stored for group in groups for tensor in group.tensors)


_RECENT: dict[tuple[int, str], Weights] = {}
"""By the identity of their specs, which they keep alive."""

_RECENT_MOST = 8


@dataclass(frozen=True)
class Footprint:
    """The bytes of a target and its draft, by purpose, for one context and budget.

    Attributes:
        on_cpu: Whether a CPU computes: attention over many rows then holds no scores, but keys and values in float32.
    """

    target: Weights
    draft: Weights | None
    context: int
    budget: int
    on_cpu: bool

    @property
    def process(self) -> int:
        """What the engine process grows by, in RAM, whatever is placed where: tokenizer, memories, modules, slack."""
        entry = TOKENIZER_ENTRY + SUCCESSORS_ENTRY
        return entry * self.target.spec.vocabulary + NGRAMS_TOKEN * self.context + PROCESS_SLACK

    @cached_property
    def kv(self) -> int:
        """Keys and values of the target: a slot for each token of the context and each node of a tree."""
        return self.target.spec.kv_bytes_per_token(self.target.element) * (self.context + self.budget)

    @property
    def layer_kv(self) -> int:
        """Those of one layer, which visit the device one after the other if all are kept in RAM beside it."""
        return self.kv // len(self.target.spec.layers)

    @cached_property
    def draft_kv(self) -> int:
        """Keys and values of the draft: a slot for each token of the context and each row that it may expand."""
        if self.draft is None:
            return 0
        return self.draft.spec.kv_bytes_per_token(self.draft.element) * (self.context + DRAFT_ROWS * self.budget)

    @property
    def draft_weights(self) -> int:
        return self.draft.resident.total if self.draft else 0

    @property
    def draft_total(self) -> int:
        """The draft, which is always resident as a whole, with its keys and values."""
        return self.draft_weights + self.draft_kv

    @property
    def node_scores(self) -> int:
        """The target's scores of the whole vocabulary for each node of the tree, in the compute dtype."""
        return self.budget * self.target.element * self.target.spec.vocabulary

    @cached_property
    def activations(self) -> int:
        """What computing holds besides weights and caches.

        Of the layers the larger of the target's and the draft's, for they never compute at the same time; and scores
        of the whole vocabulary, in float32 unless said otherwise:

        * the target's for each node of the tree, in the compute dtype;
        * the draft's for each row that it has expanded, and four times for the rows it ranks at once;
        * noise for the positions around them.
        """
        rows = NOISE_ROWS
        if self.draft is not None:
            rows += DRAFT_ROWS * self.budget + 4 * DRAFT_WIDTH
        scores = self.node_scores + rows * 4 * self.target.spec.vocabulary
        return scores + max(self._in_layers(model) for model in (self.target, self.draft) if model)

    @cached_property
    def experts_used(self) -> tuple[int, ...]:
        """Of each layer's experts, the bytes of those that a tree is expected to use, as stored."""
        share = chosen_share(self.target.spec, self.budget)
        return tuple(round(share * size) for size in self.target.stored.experts)

    @property
    def embedding_rows(self) -> int:
        """Bytes of the rows of the embedding that a tree uses, as stored."""
        return self.budget * self.target.embedding_row

    def staging(self, streams: Streams) -> int:
        """Staging if everything shares one tier.

        That is what passes stream through, or what the buffers for loading take beyond the memory that is not in use
        before the load is over (keys, values and activations). The draft is loaded last.
        """
        ring = self.target.ring(streams)
        rows = self.target.embedding_buffer if streams.embedding else 0
        idle = self.kv + self.draft_kv + self.activations
        return max(
            ring + rows + self._beside_ring(streams),
            self.target.loading - self.draft_weights - idle,
            ring + self.draft.loading - idle if self.draft else 0,
        )

    def device_staging(self, streams: Streams) -> int:
        """Staging on a device that has memory of its own."""
        return self.target.ring(streams) + self._beside_ring(streams)

    def host_staging(self, streams: Streams, rows_from_drive: bool) -> int:
        """Staging in RAM for what streams to a device, and for an embedding whose rows come from the drive."""
        ring = self.target.ring(streams)
        rows = self.target.embedding_buffer if rows_from_drive else 0
        return max(ring + rows, self.target.loading, ring + self.draft.loading if self.draft else 0)

    def _beside_ring(self, streams: Streams) -> int:
        """Where streamed weights are converted, and the scores of a sliced head before they are put together."""
        return self.target.scratch(streams) + (self.node_scores if streams.head else 0)

    def _in_layers(self, model: Weights) -> int:
        """What a pass through the layers of a model holds.

        * in a dense layer: rows x (4 hidden + 3 intermediate + 2 heads x head size) x 4 bytes, where rows is a chunk
          of the prompt or the tree, whichever has more;
        * in attention: scores before and after their softmax, heads x rows x (context + budget) x 4 bytes, twice; on a
          CPU of few rows only, but keys and values of the layer in float32;
        * between layers: the hidden states of a whole prompt, three times (before, after, and put together).
        """
        spec, slots = model.spec, self.context + self.budget
        rows = max(self.budget, min(PROMPT_CHUNK, self.context))
        scored = min(rows, FUSED_ROWS - 1) if self.on_cpu and not _holds_scores(spec) else rows
        converted = spec.kv_heads * spec.head_dim if self.on_cpu else 0
        attention = 2 * (spec.heads * scored + converted) * slots * 4
        between = 3 * slots * spec.hidden_size * model.element
        if spec.experts:
            return _in_expert_layer(model, slots) + attention + between
        in_layer = rows * (4 * spec.hidden_size + 3 * spec.intermediate_size + 2 * spec.heads * spec.head_dim) * 4
        return in_layer + attention + between


def _holds_scores(spec: ModelSpec) -> bool:
    """Whether attention bends its scores, which no fused kernel does: soft caps and sinks."""
    return spec.family == "gpt_oss" or spec.config.get("attn_logit_softcapping") is not None


def chosen_share(spec: ModelSpec, rows: int) -> float:
    """Of the experts of a layer, the share that some rows are expected to choose between them, each at random."""
    return 1 - (1 - spec.experts_per_token / spec.experts) ** rows if spec.experts else 0.0


def _in_expert_layer(model: Weights, rows: int) -> int:
    """What a mixture-of-experts layer holds besides attention scores: all rows of a pass go through it together.

    * beside attention: rows x (4 hidden + 2 heads x head size + 2 key heads x head size) x 4 bytes;
    * beside experts: rows x (3 hidden + 2 experts) x 4 bytes, for the states and the router;
    * in an expert, to which rows come in chunks: rows of a chunk x (2 hidden + 6 intermediate) x bytes of the dtype.
    """
    spec = model.spec
    attention = 4 * spec.hidden_size + 2 * (spec.heads + spec.kv_heads) * spec.head_dim
    around = 3 * spec.hidden_size + 2 * spec.experts
    # Gate, up and down are matrices of hidden x intermediate; layers may have experts narrower than `intermediate`.
    intermediate = model.largest_expert // (3 * spec.hidden_size * model.element)
    expert = (2 * spec.hidden_size + 6 * intermediate) * model.element
    return max(rows * attention * 4, rows * around * 4 + min(rows, EXPERT_CHUNK) * expert)


def _round_up(size: int, step: int) -> int:
    return -(-size // step) * step


def _buffer(size: int) -> int:
    """A buffer for direct reads of a group: whole blocks, and slack where its ranges in the files are not aligned."""
    return _round_up(size, BLOCK) + 3 * BLOCK
