"""A resident draft whose small passes have static shapes, so that CUDA starts each as one graph, captured once."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from itertools import product

import torch
from torch import Tensor

from core.models.attention import arithmetic_dtype
from core.models.piece import Piece
from core.models.sight import Block
from core.offload.offloaded_model import OffloadedModel
from core.trees.cache import TreeCache

log = logging.getLogger(__name__)

ROWS = (1, 4, 16)
"""Rows of static passes: for chains; for what is new of the text; for as many as a draft model is asked for at once."""

REACHES = (1 << 12, 1 << 14, 1 << 16)
"""Slots that static passes look at, seen or not, besides all: so that a short text in a large context costs little."""

_ALIGNMENT = 8
"""Of slots, in masks that kernels need not copy to a width that they like."""


def capturable(model: OffloadedModel) -> bool:
    """Whether passes of a model can be captured: nothing travels for them, and no router decides what is computed."""
    return model.device.type == "cuda" and model.resident and not model.spec.experts


class CapturedModel:
    """Runs passes as its model does, those over few nodes by replaying a graph instead of starting kernel by kernel.

    Attributes:
        refusal: Why there are no graphs, so that all passes are run as without; None if there are.
    """

    def __init__(self, model: OffloadedModel, most: int) -> None:
        """Args: most: Most nodes behind the text at a time."""
        self.refusal: str | None = None
        self._model = model
        self._most = most
        self._passes: StaticPasses | None = None

    def new_cache(self, capacity: int) -> TreeCache:
        """An empty key-value cache with room for at least `capacity` rows: the one that passes are captured with."""
        cache = self._model.new_cache(-(-capacity // _ALIGNMENT) * _ALIGNMENT)
        passes = StaticPasses(self._model, cache, self._most)
        try:
            passes.capture()
            self._passes = passes
        except RuntimeError as error:
            log.warning("Passes of %s could not be captured.", self._model.spec.name, exc_info=True)
            # What broke a capture off is behind the complaint that it was broken off.
            self.refusal = str(error.__context__ or error).partition("\n")[0].rstrip(".")
        return cache

    def run(
        self,
        cache: TreeCache,
        text: Sequence[int],
        nodes: Sequence[int],
        depths: Sequence[int],
        visible: Tensor,
        keep_pending: bool = False,
    ) -> Tensor:
        """One pass, as `OffloadedModel.run`, but too short to be cancelled."""
        passes = self._passes
        if passes is None or text or len(nodes) > ROWS[-1]:
            return self._model.run(cache, text, nodes, depths, visible, keep_pending)
        assert cache is passes.cache
        if not keep_pending:
            cache.drop_uncommitted()
        return passes.run(nodes, depths, visible)


class StaticPasses:
    """Passes over a few nodes behind a text, all of whose tensors have the same shape and place each time.

    A pass has one of a few numbers of rows and looks at one of a few numbers of slots. Rows beyond the nodes are the
    last node again: they write the same into the same slot. Slots that no row sees are masked, whatever is in them.

    Attributes:
        cache: Where keys and values are.
    """

    def __init__(self, model: OffloadedModel, cache: TreeCache, most: int) -> None:
        """
        Args:
            model: One that is resident as a whole.
            cache: An empty one.
            most: Most nodes behind the text at a time.
        """
        device, capacity = model.device, cache.capacity
        self.cache = cache
        self._model = model
        self._most = most
        self._reaches = [*(reach for reach in REACHES if reach < capacity), capacity]
        self._graphs: dict[tuple[int, int], torch.cuda.CUDAGraph] = {}
        self._slots = torch.arange(capacity, device=device)
        # For each row its token, its position, its slot, and where the text ends.
        self._given = {rows: torch.zeros(4, rows, dtype=torch.int64, device=device) for rows in ROWS}
        # What each row sees: the text, the slots behind it, and (once a pass is given) nothing beyond them.
        self._seen = {rows: torch.ones(rows, most + 2, dtype=torch.bool, device=device) for rows in ROWS}
        self._scores = torch.empty(ROWS[-1], model.spec.vocabulary, dtype=model.dtype, device=device)
        # A masked slot takes no part only if there are numbers in it.
        cache.clear(0, capacity)

    @torch.inference_mode()
    def run(self, nodes: Sequence[int], depths: Sequence[int], visible: Tensor) -> Tensor:
        """A pass over at most `ROWS[-1]` nodes, as `OffloadedModel.run` with `keep_pending` and no text."""
        shape = self._give(nodes, depths, visible)
        if self._graphs:
            self._graphs[shape].replay()
        else:
            self._compute(*shape)
        self.cache.ran(len(nodes))
        scores = self._scores[: len(nodes)].clone()
        if self._model.device.type == "cuda":
            torch.cuda.current_stream(self._model.device).synchronize()  # as `OffloadedModel.run` does
        return scores

    @torch.inference_mode()
    def capture(self) -> None:
        """Capture all passes as graphs of one pool. Raises RuntimeError if one of them cannot be."""
        stream = torch.cuda.Stream(self._model.device)
        stream.wait_stream(torch.cuda.current_stream(self._model.device))
        graphs, pool = {}, torch.cuda.graph_pool_handle()
        with torch.cuda.stream(stream):
            for rows, reach in product(ROWS, self._reaches):
                self._compute(rows, reach)  # libraries make ready
                graph = graphs[rows, reach] = torch.cuda.CUDAGraph()
                # Threads that read and copy weights go on with it meanwhile.
                with torch.cuda.graph(graph, pool=pool, stream=stream, capture_error_mode="thread_local"):
                    self._compute(rows, reach)
        torch.cuda.current_stream(self._model.device).wait_stream(stream)
        self._graphs = graphs

    def _give(self, nodes: Sequence[int], depths: Sequence[int], visible: Tensor) -> tuple[int, int]:
        """Put a pass into the tensors that it is computed from. Returns its rows and how many slots it looks at."""
        rows = next(rows for rows in ROWS if rows >= len(nodes))
        text, behind = self.cache.length, visible.shape[1]
        first = text + behind - len(nodes)
        row = [min(row, len(nodes) - 1) for row in range(rows)]
        given = [[nodes[i] for i in row], [text + depths[i] for i in row], [first + i for i in row], [text] * rows]
        seen = torch.zeros(rows, self._most + 2, dtype=torch.bool)
        seen[:, 0] = True
        seen[:, 1 : 1 + behind] = visible[row]
        self._given[rows].copy_(torch.tensor(given), non_blocking=True)
        self._seen[rows].copy_(seen, non_blocking=True)
        return rows, next(reach for reach in self._reaches if reach >= text + behind)

    @torch.inference_mode()
    def _compute(self, rows: int, reach: int) -> None:
        """The pass that was given: on the device alone, the same kernels on the same memory each time."""
        model, modules = self._model, self._model.modules
        tokens, positions, slots, text = self._given[rows]
        behind = (self._slots[:reach] - text[:1]).clamp_(-1, self._most)
        sees = self._seen[rows].index_select(1, behind + 1)
        hidden = modules.embedded(model.weights.embedding.rows(tokens[None]))
        sight = _StaticSight(sees, arithmetic_dtype(model.dtype, model.device))
        piece = Piece(rows, hidden, positions[None], sight)
        writing = _WritingTo(self.cache, slots)
        for layer in range(len(modules.layers)):
            modules.run_layer(layer, piece, writing)
        states = modules.norm.module(piece.hidden)
        self._scores[:rows] = modules.scores(model.weights.head.products(states, lambda: False))[0]


class _StaticSight:
    """What rows see of the first slots of a cache, as masks computed on the device."""

    def __init__(self, sees: Tensor, dtype: torch.dtype) -> None:
        """Args: sees: Bool, [rows, slots]."""
        self._sees = sees
        self._dtype = dtype
        self._blocks: dict[int | None, Block] = {}

    def blocks(self, window: int | None) -> Iterator[Block]:
        """All rows at once."""
        if window not in self._blocks:
            sees = self._sees
            if window is not None:
                # How many positions each row must look back to reach a slot.
                back = sees.flip(1).cumsum(1, dtype=torch.int32).flip(1)
                sees = sees & (back <= window)
            mask = torch.zeros(sees.shape, dtype=self._dtype, device=sees.device).masked_fill_(~sees, -torch.inf)
            self._blocks[window] = Block(slice(0, sees.shape[0]), slice(0, sees.shape[1]), mask[None, None])
        yield self._blocks[window]


class _WritingTo:
    """A cache whose next rows go to slots that a tensor names."""

    def __init__(self, cache: TreeCache, slots: Tensor) -> None:
        self.rows = 0  # all are kept
        self._cache = cache
        self._slots = slots

    def update(self, keys: Tensor, values: Tensor, layer: int, *_: object) -> tuple[Tensor, Tensor]:
        return self._cache.put(keys, values, layer, self._slots)
