"""Some layers of a model, followed by its head: a smaller model that costs no weights."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from core.offload.offloaded_model import OffloadedModel
from core.trees.cache import TreeCache


class LayerSubset:
    """Runs passes as its model does, through resident layers of it only, with a cache of their keys and values.

    The model's weights and its own caches are left as they are; nothing streams.

    Args:
        layers: Ascending.
    """

    def __init__(self, model: OffloadedModel, layers: Sequence[int]) -> None:
        self._model = model
        self._layers = layers

    def new_cache(self, capacity: int) -> TreeCache:
        """An empty key-value cache with room for `capacity` rows, where layers compute."""
        return _SubsetCache(self._model, self._layers, capacity)

    def run(
        self,
        cache: TreeCache,
        text: Sequence[int],
        nodes: Sequence[int],
        depths: Sequence[int],
        visible: Tensor,
        keep_pending: bool = False,
    ) -> Tensor:
        """One pass, as `OffloadedModel.run`."""
        return self._model.run_layers(self._layers, cache, text, nodes, depths, visible, keep_pending)


class _SubsetCache(TreeCache):
    """A cache with slots for some layers, which call it by their number in the whole model."""

    def __init__(self, model: OffloadedModel, layers: Sequence[int], capacity: int) -> None:
        spec = model.spec
        super().__init__(len(layers), spec.kv_heads, spec.head_dim, capacity, model.kv_dtype, model.device)
        self._places = {layer: place for place, layer in enumerate(layers)}

    def update(self, keys: Tensor, values: Tensor, layer: int, *_: object) -> tuple[Tensor, Tensor]:
        return super().update(keys, values, self._places[layer])
