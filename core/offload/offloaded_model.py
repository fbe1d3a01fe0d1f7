"""A decoder model that runs passes over rows of text and tree, wherever its weights live."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from types import MappingProxyType
from typing import Protocol

import torch
from torch import Tensor, nn

from core.errors import Cancelled
from core.models.spec import ModelSpec
from core.models.transformer import KeyValueCache, Transformer
from core.offload.copy_engine import CopyEngine, copy_engine_for
from core.offload.idle_time import Work
from core.offload.pieces import cut
from core.offload.placed_weights import PlacedWeights
from core.offload.places import Places
from core.planning.plan import Tier
from core.trees.cache import TreeCache

NOTHING: Mapping[int, nn.Module] = MappingProxyType({})


class PassCache(KeyValueCache, Protocol):
    """What a pass needs of a cache."""

    @property
    def length(self) -> int:
        """Slots of text."""

    def drop_uncommitted(self) -> None:
        """Forget the rows of earlier passes that were not committed."""


class OffloadedModel:
    """transformers' own layers, with weights that are lent to them, and a cache of keys and values of our own.

    Attributes:
        spec: What was loaded.
        dtype, kv_dtype: What layers compute in, and what keys and values are kept in.
        weights: Where its weights are, and what of them has travelled.
    """

    def __init__(
        self,
        spec: ModelSpec,
        places: Places,
        dtype: torch.dtype,
        device: torch.device,
        progress: Callable[[int], None] = lambda loaded: None,
        cancelled: Callable[[], bool] = lambda: False,
        copy_engine: CopyEngine | None = None,
        kv_dtype: torch.dtype | None = None,
    ) -> None:
        """Load what does not come from the drive at each pass.

        Args:
            progress: Called with the bytes of each piece as it is loaded.
            cancelled: Polled here and in passes.
            copy_engine: How weights get to the device; None for its own way. A CPU needs none: it computes from
                the memory that was read into.
            kv_dtype: What keys and values are kept in; None for `dtype`.

        Raises:
            UnusableModel, ReadFailed, or Cancelled if `cancelled` became true.
        """
        self.spec = spec
        self.dtype = dtype
        self.kv_dtype = kv_dtype or dtype
        self.device = device
        self._cancelled = cancelled
        self._kv_storage = torch.device("cpu") if places.kv is Tier.RAM else device
        self._modules = Transformer(spec, device)
        engine = copy_engine or (None if device.type == "cpu" else copy_engine_for(device))
        self.weights = PlacedWeights(spec, places, self._modules, dtype, device, engine, progress, cancelled)

    def new_cache(self, capacity: int) -> TreeCache:
        """An empty key-value cache with room for `capacity` rows."""
        spec = self.spec
        return TreeCache(
            len(spec.layers), spec.kv_heads, spec.head_dim, capacity, self.kv_dtype, self.device, self._kv_storage
        )

    @torch.inference_mode()
    def run(
        self,
        cache: TreeCache,
        text: Sequence[int],
        nodes: Sequence[int],
        depths: Sequence[int],
        visible: Tensor,
        keep_pending: bool = False,
        meanwhile: Work | None = None,
    ) -> Tensor:
        """One pass: text that follows what is committed in the cache, then nodes behind it.

        The rows are left in the cache, uncommitted: text first, then nodes.

        Args:
            text: Ids of committed text that the cache does not hold yet; each row sees all before it.
            nodes: Ids of tree nodes.
            depths: Depth of each node; 0 is the position right after the text.
            visible: Which nodes see which rows behind the text. Bool, [nodes, pending + nodes], where pending rows are
                nodes of earlier passes over the same tree.
            keep_pending: Whether the rows of earlier passes stay. `text` must then be empty.
            meanwhile: What to do while weights are awaited. It may run passes of other models; what it raises ends
                this one.

        Returns:
            Scores of the nodes, [nodes, vocabulary], in the compute dtype.

        Raises:
            Cancelled between two layers, ReadFailed. The next pass starts over.
        """
        self.weights.begin_pass(meanwhile)
        scores = self.run_layers(range(len(self.spec.layers)), cache, text, nodes, depths, visible, keep_pending)
        self.weights.end_pass()
        return scores

    @torch.inference_mode()
    def run_layers(
        self,
        layers: Sequence[int],
        cache: PassCache,
        text: Sequence[int],
        nodes: Sequence[int],
        depths: Sequence[int],
        visible: Tensor,
        keep_pending: bool = False,
        substitutes: Mapping[int, nn.Module] = NOTHING,
    ) -> Tensor:
        """As `run`, through some layers and the head; resident ones, unless a pass was begun and they are all.

        Args:
            substitutes: Layers that stand in for the model's own.
        """
        if not keep_pending:
            cache.drop_uncommitted()
        modules, weights = self._modules, self.weights
        hidden = modules.embedded(weights.embedding.rows(torch.tensor([[*text, *nodes]])))
        # Mixtures of experts take all rows through a layer at once, so that each expert is fetched once a pass.
        pieces = cut(hidden, cache.length, depths, visible, whole=self.spec.experts > 0)
        for index in layers:
            if self._cancelled():
                raise Cancelled
            substitute = substitutes.get(index)
            with weights.lent(index) if substitute is None else nullcontext():
                for piece in pieces:
                    modules.run_layer(index, piece, cache, substitute)
        last = pieces[-1]
        states = modules.norm.module(last.hidden[:, last.rows - len(nodes) :])
        scores = modules.scores(weights.head.products(states, self._cancelled))[0, : len(nodes)]
        if self.device.type == "cuda":
            # Whoever called needs the scores at once; what it measures should not count our work as its own. The copies
            # for the next pass go on.
            torch.cuda.current_stream(self.device).synchronize()
        return scores

    @property
    def resident(self) -> bool:
        """Whether weights, keys and values lie on the compute device, as it computes with them."""
        return self.weights.resident and self._kv_storage == self.device and self.kv_dtype == self.dtype

    @property
    def modules(self) -> Transformer:
        """The modules that weights are lent to."""
        return self._modules

    def close(self) -> None:
        """Stop reading and let the weights go."""
        self.weights.close()
