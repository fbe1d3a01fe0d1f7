"""A target with low-bit substitutes in place of the layers that stream: a draft of its own that shares all else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from core.offload.borrowed_cache import BorrowedCache, BorrowedRows
from core.offload.offloaded_model import OffloadedModel
from core.trees.cache import TreeCache


class SubstitutedModel:
    """Runs passes as its model does, through substitutes where that would have to wait: SubSpec (arXiv 2509.18344).

    Resident layers, embedding, norms, head and the cache are the model's. A pass may be run in the midst of one of the
    model: it writes to other slots, and needs nothing that travels.

    Args:
        cache: The model's, with room behind the text for `gap` nodes of a tree and the rows of the draft.
        gap: Most nodes of a tree.
        substitutes: Layers by their index: at least all that stream.

    Attributes:
        borrowed: Its part of the cache.
    """

    def __init__(self, model: OffloadedModel, cache: TreeCache, gap: int, substitutes: Mapping[int, nn.Module]) -> None:
        self._model = model
        self._substitutes = substitutes
        self.borrowed = BorrowedCache(cache, gap)

    def new_cache(self, capacity: int) -> BorrowedCache:
        """The one cache there is; room for rows is up to whoever made the model's."""
        return self.borrowed

    def run(
        self,
        cache: BorrowedCache,
        text: Sequence[int],
        nodes: Sequence[int],
        depths: Sequence[int],
        visible: Tensor,
        keep_pending: bool = False,
    ) -> Tensor:
        """One pass over nodes, as `OffloadedModel.run`. `text` must be empty: the target has read all there is."""
        assert not text
        if not keep_pending:
            cache.drop_uncommitted()
        # Of what lies behind the target's text: the target's tree, which is no part of this; the root; the rows.
        between = cache.end - cache.start - (visible.shape[1] - len(nodes)) - cache.own
        unseen = torch.zeros(len(nodes), between, dtype=torch.bool)
        root = torch.ones(len(nodes), cache.own, dtype=torch.bool)
        scores = self._model.run_layers(
            range(len(self._model.spec.layers)),
            BorrowedRows(cache),
            [],
            nodes,
            [cache.own + depth for depth in depths],
            torch.cat([unseen, root, visible], dim=1),
            keep_pending=True,
            substitutes=self._substitutes,
        )
        cache.ran(len(nodes))
        return scores
