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

SLOT_STEP = 64
"""Key-value slots come in multiples of this."""


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
    def slots(self) -> int:
        """Key-value slots: the context and one tree, rounded up."""
        return _round_up(self.context + self.budget, SLOT_STEP)

    @cached_property
    def kv(self) -> int:
        """Keys and values of the target."""
        return self._kv(self.target)

    @cached_property
    def draft_kv(self) -> int:
        """Keys and values of the draft."""
        return self._kv(self.draft) if self.draft else 0

    @property
    def draft_total(self) -> int:
        """The draft, which is always resident as a whole, with its keys and values."""
        return self.draft.total + self.draft_kv if self.draft else 0

    @cached_property
    def activations(self) -> int:
        """The larger of the target's and the draft's: they never compute at the same time."""
        return max(self._activations(model) for model in (self.target, self.draft) if model)

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

    def _kv(self, model: Weights) -> int:
        return model.spec.kv_bytes_per_token(model.element) * self.slots

    def _activations(self, model: Weights) -> int:
        """What one pass of a model holds besides weights and cache.

        * in a layer: rows x (4 hidden + 3 intermediate + 2 heads x head size) x 4 bytes, where rows is a chunk of the
          prompt or the tree with its root, whichever has more;
        * attention scores and weights: heads x rows x (context + budget) x 4 bytes, twice;
        * between layers: the hidden states of a whole prompt, three times (before, after, and put together);
        * behind the head: (budget + 1) x vocabulary x 4 bytes for logits, noise and probabilities.
        """
        spec, nodes = model.spec, self.budget + 1
        rows = max(nodes, min(PROMPT_CHUNK, self.context))
        in_layer = rows * (4 * spec.hidden_size + 3 * spec.intermediate_size + 2 * spec.heads * spec.head_dim) * 4
        scores = 2 * spec.heads * rows * (self.context + self.budget) * 4
        between = 3 * (self.context + nodes) * spec.hidden_size * model.element
        behind = 3 * nodes * spec.vocabulary * 4
        return in_layer + scores + between + behind


def _round_up(size: int, step: int) -> int:
    return -(-size // step) * step


def _buffer(size: int) -> int:
    """A buffer for direct reads of a group: whole blocks, and slack where its ranges in the files are not aligned."""
    return _round_up(size, BLOCK) + 3 * BLOCK
