"""How many bytes a model pair takes, by purpose: what `weights` says of each model, and all that is beside them.

What is resident is kept in the compute dtype: converted once, at load; or stays packed. What streams is staged as it is
stored. What is not stored as it is computed with is dequantised, or converted, at each pass into a scratch.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from core.models.chunks import DEQUANTISED_BLOCK, DEQUANTISED_BLOCK_ON_DEVICE, EXPERT_CHUNK, PROMPT_CHUNK
from core.models.spec import ModelSpec
from core.planning.plan import Tier
from core.planning.weights import KV_BYTES, Streams, Weights

DEQUANTISING = 16
"""Bytes that dequantising takes for each number of a block, between what is stored and what comes out."""

FUSED_ROWS = 64
"""Rows from which attention on a CPU is one kernel that holds no scores (measured: 8192 slots of 32 heads, 256 rows: 72
MiB, which is keys and values in float32, instead of 576)."""

DRAFT_ROWS = 6
"""Rows that a drafter expands at most per node of its tree."""

DRAFT_WIDTH = 16
"""Rows that it expands at once."""

CAPTURE_WORKSPACE = 64 << 20
"""Bytes of matrix libraries on the stream that passes are captured on (32 MiB on Hopper), and what pools round up."""

NOISE_ROWS = 96
"""Positions whose noise is kept."""

TOKENIZER_ENTRY = 900
"""Bytes that a tokenizer takes per entry of its vocabulary (measured: 109 MiB for 128,000 entries)."""

SUCCESSORS_ENTRY, NGRAMS_TOKEN = 64, 400
"""Bytes that drafting from memory takes per entry of the vocabulary, and per token of the context."""

PROCESS_SLACK = 48 << 20
"""Bytes of modules, threads, matrix kernels for each number of rows that came, and what allocators hold back (measured:
up to 54 MiB beyond all else after 25 replies and a context that is full)."""


@dataclass(frozen=True)
class Footprint:
    """The bytes of a target and its draft, by purpose, for one context and budget.

    Attributes:
        on_cpu: Whether a CPU computes: attention over many rows then holds no scores, but keys and values in float32.
        exits: Whether the target drafts with layers of its own; they are counted as if they were all of them.
        kv_dtype: What keys and values are kept in; None for what layers compute in.
        draft_from: The tier that the draft streams from at each of its passes; None where it is resident.
        substitutes: What the low-bit substitute of each layer takes, if the target drafts with those that stream.
        captures: Whether small passes of a resident draft are captured as CUDA graphs.
    """

    target: Weights
    draft: Weights | None
    context: int
    budget: int
    on_cpu: bool
    exits: bool = False
    kv_dtype: str | None = None
    draft_from: Tier | None = None
    substitutes: tuple[int, ...] = ()
    captures: bool = False

    @property
    def process(self) -> int:
        """What the engine process grows by, in RAM, whatever is placed where: tokenizer, memories, modules, slack."""
        entry = TOKENIZER_ENTRY + SUCCESSORS_ENTRY
        return entry * self.target.spec.vocabulary + NGRAMS_TOKEN * self.context + PROCESS_SLACK

    @cached_property
    def kv(self) -> int:
        """Keys and values of the target: a slot for each token of the context and each node of a tree."""
        return self.target.spec.kv_bytes_per_token(self.kv_element) * (self.context + self.budget)

    @property
    def kv_element(self) -> int:
        """Bytes of one number of a key or value."""
        return KV_BYTES[self.kv_dtype or self.target.dtype]

    @property
    def layer_kv(self) -> int:
        """Those of one layer, which visit the device one after the other if all are kept in RAM beside it."""
        return self.kv // len(self.target.spec.layers)

    @cached_property
    def draft_kv(self) -> int:
        """Keys and values of the draft: a slot for each token of the context and each row that it may expand."""
        drafting = self.target if self.exits else self.draft
        slots = self.context + DRAFT_ROWS * self.budget
        if self.substitutes:  # which reads the text in the target's own
            drafting, slots = self.target, DRAFT_ROWS * self.budget + 1
        return drafting.spec.kv_bytes_per_token(self.kv_element) * slots if drafting else 0

    @cached_property
    def draft_weights(self) -> int:
        """What the draft's weights take on the compute device: all of them, or what they stream through."""
        draft = self.draft
        if draft is None:
            return 0
        if self.draft_from is None:
            return draft.resident.total
        streams = _everything(draft)
        rows = draft.embedding_buffer if self.on_cpu else 0
        return draft.ring(streams) + draft.scratch(streams) + self._dequantising(draft) + rows

    @cached_property
    def draft_on_host(self) -> int:
        """What a draft that streams to a device takes in RAM beside it: all of it, or what it is read into."""
        draft = self.draft
        if draft is None or self.draft_from is None:
            return 0
        if self.draft_from is Tier.SSD:
            return draft.ring(_everything(draft)) + draft.embedding_buffer
        # Of a tied head that waits in slices no rows are to be had for the embedding: these come from the drive.
        return draft.waiting.total + (draft.embedding_buffer if draft.spec.tied_embeddings else 0)

    @cached_property
    def draft_travels(self) -> int:
        """Bytes that each pass of the draft needs and that are not resident."""
        draft = self.draft
        if draft is None or self.draft_from is None:
            return 0
        experts = chosen_share(draft.spec, DRAFT_WIDTH) * sum(draft.stored.experts)
        return sum(draft.stored.layers) + draft.streamed_head + round(experts)

    @property
    def draft_total(self) -> int:
        """What the draft takes on the compute device, with its keys and values."""
        return self.draft_weights + self.draft_kv

    @cached_property
    def beyond_substitutes(self) -> tuple[int, ...]:
        """What each layer takes, if it stays, beyond what its substitute does if it streams."""
        pairs = zip(self.target.resident.layers, self.substitutes, strict=True)
        return tuple(max(1, layer - substitute) for layer, substitute in pairs)

    @property
    def asks_model(self) -> bool:
        """Whether a model is asked for drafts: one of its own, or the target in one way or another."""
        return self.draft is not None or self.exits or bool(self.substitutes)

    @property
    def node_scores(self) -> int:
        """The target's scores of the whole vocabulary for each node of the tree, in the compute dtype."""
        return self.budget * self.target.element * self.target.spec.vocabulary

    @property
    def draft_scores(self) -> int:
        """The draft's scores of the whole vocabulary for each row that it may expand, in the compute dtype."""
        rows = DRAFT_ROWS * self.budget + 1 if self.asks_model else 0
        return rows * self.target.element * self.target.spec.vocabulary

    @cached_property
    def activations(self) -> int:
        """What computing holds besides weights and caches.

        Of the layers the larger of the target's and the draft's, for they never compute at the same time; and scores
        of the whole vocabulary, in float32 unless said otherwise:

        * the target's for each node of the tree, and the draft's for each row that it may expand, in the compute dtype;
        * the draft's four times for the rows it ranks at once;
        * noise for the positions around them;
        * a matrix of a self-draft that is dequantised at each of its passes;
        * what captured passes of the draft hold, whoever computes.
        """
        rows = NOISE_ROWS
        if self.asks_model:
            rows += 4 * DRAFT_WIDTH
        scores = self.node_scores + self.draft_scores + rows * 4 * self.target.spec.vocabulary
        if self.substitutes:
            scores += self.target.unpacking
        return scores + self.captured + max(self._in_layers(model) for model in (self.target, self.draft) if model)

    @property
    def captured(self) -> int:
        """What captured passes of the draft (`core/offload/captured_model.py`) keep for themselves; a bound.

        For the rows of the largest: scores of the whole vocabulary, twice; a mask over all slots, 16 bytes for each as
        it is made, and once for each head of a group; scores of attention before and after their softmax, where that
        holds any. Keys and values of another dtype, and experts, are not captured.
        """
        draft = self.draft
        if not self.captures or draft is None or self.draft_from is not None or draft.spec.experts:
            return 0
        if self.kv_dtype not in (None, draft.dtype):
            return 0
        spec, slots = draft.spec, self.context + DRAFT_ROWS * self.budget
        of_slot = DRAFT_WIDTH * (16 + spec.heads // spec.kv_heads * draft.element)
        if _holds_scores(spec):
            of_slot += DRAFT_WIDTH * 2 * spec.heads * 4
        return CAPTURE_WORKSPACE + 2 * DRAFT_WIDTH * spec.vocabulary * draft.element + of_slot * slots

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
        scores = self.node_scores if streams.head else 0
        return self.target.scratch(streams) + self._dequantising(self.target) + scores

    def _dequantising(self, model: Weights) -> int:
        """What is between stored weights of a model and computed ones, for one block of each."""
        block = DEQUANTISED_BLOCK if self.on_cpu else DEQUANTISED_BLOCK_ON_DEVICE
        return DEQUANTISING * block if model.unpacked.total else 0

    def _in_layers(self, model: Weights) -> int:
        """What a pass through the layers of a model holds.

        * in a dense layer: rows x (4 hidden + 3 intermediate + 2 heads x head size) x 4 bytes, where rows is a chunk
          of the prompt or the tree, whichever has more;
        * in attention: scores before and after their softmax, heads x rows x (context + budget) x 4 bytes, twice; on a
          CPU of few rows only, but keys and values of the layer in float32; elsewhere these in the compute dtype, if
          they are kept in another;
        * between layers: the hidden states of a whole prompt, three times (before, after, and put together).
        """
        spec, slots = model.spec, self.context + self.budget
        rows = max(self.budget, min(PROMPT_CHUNK, self.context))
        scored = min(rows, FUSED_ROWS - 1) if self.on_cpu and not _holds_scores(spec) else rows
        converts = self.kv_dtype not in (None, model.dtype)
        converted = 2 * spec.kv_heads * spec.head_dim * slots * (4 if self.on_cpu else model.element if converts else 0)
        attention = 2 * spec.heads * scored * slots * 4 + converted
        between = 3 * slots * spec.hidden_size * model.element
        if spec.experts:
            return _in_expert_layer(model, slots) + attention + between
        in_layer = rows * (4 * spec.hidden_size + 3 * spec.intermediate_size + 2 * spec.heads * spec.head_dim) * 4
        return in_layer + attention + between


def _everything(model: Weights) -> Streams:
    """All that a model has streams."""
    return Streams(layers=True, experts=bool(model.spec.experts), head=True, embedding=True)


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
