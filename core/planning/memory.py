"""How many bytes a model pair takes, by purpose. The one place that states these formulas.

Layers, embedding and head that are resident are kept in the compute dtype: converted once, at load. Layers that stream
are staged as they are stored, and converted at each pass into one scratch layer if that dtype is another.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from core.models.spec import ModelSpec

ELEMENT_BYTES = {"float32": 4, "bfloat16": 2, "float16": 2}
"""Bytes per element of the dtypes that layers compute in."""

STORED_NAMES = {"float32": "F32", "bfloat16": "BF16", "float16": "F16"}
"""What safetensors headers call those dtypes."""

STAGING_SLOTS = 2
"""Layers in the staging ring: one computes while the next arrives."""

PROMPT_CHUNK = 256
"""Rows of a prompt that go through a layer at once."""

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

PROCESS_SLACK = 12 << 20
"""Bytes of modules, threads and what allocators hold back (measured: up to 10 MiB beyond all else, small models)."""


@dataclass(frozen=True)
class Weights:
    """The bytes of a model's weights in a compute dtype."""

    spec: ModelSpec
    dtype: str

    @property
    def element(self) -> int:
        """Bytes of one element in the compute dtype."""
        return ELEMENT_BYTES[self.dtype]

    @cached_property
    def total(self) -> int:
        """The whole model when it is resident."""
        return self.spec.parameters * self.element

    @cached_property
    def ends(self) -> int:
        """Embedding and head. A head tied to the embedding costs nothing, for its group does not hold it.

        Both are always resident: each pass uses the whole head, and an embedding elsewhere would need a tier of its own
        kind, read by rows.
        """
        return (self.spec.embedding.parameters + self.spec.head.parameters) * self.element

    @cached_property
    def layers(self) -> tuple[int, ...]:
        """Each layer when it is resident."""
        return tuple(layer.parameters * self.element for layer in self.spec.layers)

    @cached_property
    def stored_layers(self) -> tuple[int, ...]:
        """Each layer as it lies in its file, and travels."""
        return tuple(layer.bytes for layer in self.spec.layers)

    @cached_property
    def ring(self) -> int:
        """The staging ring: slots of the largest layer."""
        return STAGING_SLOTS * _buffer(max(self.stored_layers))

    @cached_property
    def scratch(self) -> int:
        """One layer in the compute dtype, if any tensor is stored in another."""
        stored = STORED_NAMES[self.dtype]
        converts = any(tensor.dtype != stored for layer in self.spec.layers for tensor in layer.tensors)
        return max(self.layers) if converts else 0

    @cached_property
    def loading(self) -> int:
        """The buffer through which resident weights are read at load: as large as the largest group."""
        return _buffer(max(group.bytes for group in self.spec.groups))


@dataclass(frozen=True)
class Footprint:
    """The bytes of a target and its draft, by purpose, for one context and budget."""

    target: Weights
    draft: Weights | None
    context: int
    budget: int

    @property
    def process(self) -> int:
        """What the engine process grows by, in RAM, whatever is placed where: tokenizer, modules, slack."""
        return TOKENIZER_ENTRY * self.target.spec.vocabulary + PROCESS_SLACK

    @cached_property
    def kv(self) -> int:
        """Keys and values of the target: a slot for each token of the context and each node of a tree."""
        return self.target.spec.kv_bytes_per_token(self.target.element) * (self.context + self.budget)

    @cached_property
    def draft_kv(self) -> int:
        """Keys and values of the draft: a slot for each token of the context and each row that it may expand."""
        if self.draft is None:
            return 0
        return self.draft.spec.kv_bytes_per_token(self.draft.element) * (self.context + DRAFT_ROWS * self.budget)

    @property
    def draft_total(self) -> int:
        """The draft, which is always resident as a whole, with its keys and values."""
        return self.draft.total + self.draft_kv if self.draft else 0

    @cached_property
    def activations(self) -> int:
        """What computing holds besides weights and caches.

        Of the layers the larger of the target's and the draft's, for they never compute at the same time; and scores
        of the whole vocabulary, in float32 unless said otherwise:

        * the target's for each node of the tree, in the compute dtype;
        * the draft's for each row that it has expanded, and four times for the rows it ranks at once;
        * noise for the positions around them.
        """
        vocabulary = self.target.spec.vocabulary
        scores = (self.budget * self.target.element + NOISE_ROWS * 4) * vocabulary
        if self.draft is not None:
            scores += (DRAFT_ROWS * self.budget + 4 * DRAFT_WIDTH) * 4 * vocabulary
        return scores + max(self._in_layers(model) for model in (self.target, self.draft) if model)

    def staging(self, streams: bool) -> int:
        """Staging if everything shares one tier, while layers stream or not.

        That is ring and scratch layer, or what the buffers for loading take beyond the memory that is not in use
        before the load is over (keys, values and activations).
        """
        ring = self.target.ring + self.target.scratch if streams else 0
        idle = self.kv + self.draft_kv + self.activations
        draft_loading = self.draft.loading if self.draft else 0
        return max(ring, self.target.loading - idle, ring + draft_loading - idle)

    def host_staging(self, reads: bool) -> int:
        """Staging in RAM if layers compute on a device, while some of them come from the drive or none does."""
        ring = self.target.ring if reads else 0
        return max(self.target.loading, ring + (self.draft.loading if self.draft else 0))

    def _in_layers(self, model: Weights) -> int:
        """What a pass through the layers of a model holds.

        * in a layer: rows x (4 hidden + 3 intermediate + 2 heads x head size) x 4 bytes, where rows is a chunk of the
          prompt or the tree, whichever has more;
        * attention scores and weights: heads x rows x (context + budget) x 4 bytes, twice;
        * between layers: the hidden states of a whole prompt, three times (before, after, and put together).
        """
        spec, slots = model.spec, self.context + self.budget
        rows = max(self.budget, min(PROMPT_CHUNK, self.context))
        in_layer = rows * (4 * spec.hidden_size + 3 * spec.intermediate_size + 2 * spec.heads * spec.head_dim) * 4
        attention = 2 * spec.heads * rows * slots * 4
        between = 3 * slots * spec.hidden_size * model.element
        return in_layer + attention + between


def _round_up(size: int, step: int) -> int:
    return -(-size // step) * step


def _buffer(size: int) -> int:
    """A buffer for direct reads of a group: whole blocks, and slack where its ranges in the files are not aligned."""
    return _round_up(size, BLOCK) + 3 * BLOCK
