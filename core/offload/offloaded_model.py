"""A decoder model whose layers are resident or arrive while it runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from core.errors import Cancelled
from core.models.spec import ModelSpec, TensorGroup
from core.models.transformer import Transformer
from core.offload.byte_ranges import plan_reads
from core.offload.staging_ring import StagingRing
from core.offload.weight_reader import StagingBuffer, WeightReader
from core.planning.plan import Tier
from core.trees.cache import TreeCache

PROMPT_CHUNK = 256
"""Prompt rows that go through a layer at once: enough to be efficient, and it bounds activations (the planner counts
on it)."""

_BFLOAT16_ROWS = (1, 2, 4, 8, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024)
"""Rows that bfloat16 passes are padded to on a CPU: oneDNN compiles a kernel for every number of rows it meets (1 ms
and 0.7 MiB per matrix shape, measured on a Xeon with avx512_bf16), so that there should be few."""


@dataclass(slots=True)
class _Piece:
    """Rows that go through a layer together.

    Attributes:
        rows: How many count; what stands behind them is padding.
        hidden: Their state, replaced layer by layer. [1, padded rows, hidden size].
        positions: [1, padded rows].
        rotary: Cosines and sines of the positions.
        mask: Additive, [1, 1, padded rows, slots]; None if every row sees every slot.
        causal: Whether each row sees just what stands before it: text. The mask is then made when it is needed.
    """

    rows: int
    hidden: Tensor
    positions: Tensor
    rotary: tuple[Tensor, Tensor]
    mask: Tensor | None
    causal: bool


class OffloadedModel:
    """Runs passes over rows of text and tree, with every layer's weights where the plan has put them.

    Resident layers hold their weights in the compute dtype. Streamed ones come through a staging ring in the dtype of
    their file, and are copied to a scratch layer if dtype or device differ. Weights that a plan keeps in RAM for
    another device wait there and are copied at each pass.

    Attributes:
        spec: What was loaded.
        bytes_streamed: Total bytes of weights that travelled for passes.
    """

    def __init__(
        self,
        spec: ModelSpec,
        tiers: Sequence[Tier],
        resident_tier: Tier,
        staging_slots: int,
        dtype: torch.dtype,
        device: torch.device,
        progress: Callable[[int], None] = lambda loaded: None,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> None:
        """Load what is resident.

        Args:
            tiers: Where each layer lives.
            progress: Called with the bytes of each group as it is loaded.

        Raises:
            UnusableModel, ReadFailed, or Cancelled if `cancelled` became true.
        """
        self.spec = spec
        self.dtype = dtype
        self.device = device
        self.bytes_streamed = 0
        self._cancelled = cancelled
        self._reader = WeightReader()
        self._modules = Transformer(spec, device)
        self._tiers = tuple(tiers)
        self._resident_tier = resident_tier
        self._waiting: dict[int, dict[str, Tensor]] = {}
        self._scratch: dict[str, Tensor] = {}
        self._ring: StagingRing | None = None
        try:
            self._load_resident(progress)
        except BaseException:
            # Whatever ended the load, a cancel included: its files must not stay open.
            self._reader.close()
            raise
        self._read_plans = {
            index: plan_reads(spec.layers[index]) for index, tier in enumerate(self._tiers) if tier is Tier.SSD
        }
        if self._read_plans:
            self._ring = StagingRing(list(self._read_plans.values()), staging_slots, self._reader)

    @property
    def stream_wait_seconds(self) -> float:
        """Total time that passes have waited for weights."""
        return self._ring.wait_seconds if self._ring is not None else 0.0

    @property
    def buffered_reason(self) -> str | None:
        """Why weights are read through the page cache, or None if they are read past it."""
        return self._reader.buffered_reason

    def new_cache(self, capacity: int) -> TreeCache:
        """An empty key-value cache with room for `capacity` rows."""
        spec = self.spec
        return TreeCache(len(spec.layers), spec.kv_heads, spec.head_dim, capacity, self.dtype, self.device)

    @torch.inference_mode()
    def run(
        self,
        cache: TreeCache,
        text: Sequence[int],
        nodes: Sequence[int],
        depths: Sequence[int],
        visible: Tensor,
        keep_pending: bool = False,
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

        Returns:
            Scores of the nodes, [nodes, vocabulary], in the compute dtype.

        Raises:
            Cancelled between two layers, ReadFailed.
        """
        if not keep_pending:
            cache.drop_uncommitted()
        if self._ring is not None:
            self._ring.begin_pass()
        pieces = self._pieces(cache.length, text, nodes, depths, visible)
        for index in range(len(self._tiers)):
            if self._cancelled():
                raise Cancelled
            self._run_layer(index, pieces, cache)
        hidden = self._modules.norm.module(pieces[-1].hidden)
        scores: Tensor = self._modules.head.module(hidden)[0, : len(nodes)]
        return scores

    def close(self) -> None:
        """Stop reading and let the weights go."""
        if self._ring is not None:
            self._ring.close()
        self._reader.close()

    def _pieces(
        self, past: int, text: Sequence[int], nodes: Sequence[int], depths: Sequence[int], visible: Tensor
    ) -> list[_Piece]:
        """A pass, cut into pieces that go through a layer one after the other: text in chunks, then all nodes."""
        pieces = []
        for start in range(0, len(text), PROMPT_CHUNK):
            chunk = text[start : start + PROMPT_CHUNK]
            pieces.append(self._piece(chunk, range(past + start, past + start + len(chunk)), causal=True))
        root = past + len(text)
        sees = torch.cat([torch.ones(len(nodes), root, dtype=torch.bool), visible], dim=1)
        tree = self._piece(nodes, [root + depth for depth in depths], causal=False)
        tree.mask = self._additive(sees, tree)
        return [*pieces, tree]

    def _piece(self, tokens: Sequence[int], positions: Sequence[int], causal: bool) -> _Piece:
        """Rows ready for the first layer, without a mask."""
        rows = len(tokens)
        padding = self._padded(rows) - rows
        ids = torch.tensor([[*tokens, *[0] * padding]], device=self.device)
        places = torch.tensor([[*positions, *[0] * padding]], device=self.device)
        hidden = self._modules.embedding.module(ids)
        return _Piece(rows, hidden, places, self._modules.positions(hidden, places), None, causal)

    def _causal_mask(self, piece: _Piece) -> Tensor | None:
        """The mask of a chunk of text.

        Made anew for each layer: those of all chunks of a long prompt would together take more memory than the prompt.
        """
        before = int(piece.positions[0, 0])
        return self._additive(torch.ones(piece.rows, before + piece.rows, dtype=torch.bool).tril_(before), piece)

    def _additive(self, sees: Tensor, piece: _Piece) -> Tensor | None:
        """A piece's mask from which of its rows see which slots: bool, [rows, slots]."""
        if bool(sees.all()):
            return None
        mask = torch.zeros(1, 1, piece.hidden.shape[1], sees.shape[1], dtype=self.dtype)
        mask[0, 0, : piece.rows].masked_fill_(~sees, -torch.inf)
        return mask.to(self.device)

    def _padded(self, rows: int) -> int:
        """Rows to compute where `rows` are wanted."""
        if self.dtype is not torch.bfloat16 or self.device.type != "cpu":
            return rows
        return next((size for size in _BFLOAT16_ROWS if size >= rows), rows)

    def _run_layer(self, index: int, pieces: Sequence[_Piece], cache: TreeCache) -> None:
        slots = self._modules.layers[index]
        lent = self._lend(index)
        try:
            for piece in pieces:
                cache.rows = piece.rows
                piece.hidden = slots.module(
                    piece.hidden,
                    attention_mask=self._causal_mask(piece) if piece.causal else piece.mask,
                    position_ids=piece.positions,
                    past_key_values=cache,
                    use_cache=True,
                    position_embeddings=piece.rotary,
                )
        finally:
            if lent:
                slots.clear()
                self._take_back(index)

    def _lend(self, index: int) -> bool:
        """Lend a layer its weights. Returns whether they must be taken back after use."""
        tier = self._tiers[index]
        if tier is self._resident_tier:
            return False
        if tier is Tier.SSD:
            assert self._ring is not None
            weights = self._ring.take(self._cancelled).view(self._read_plans[index])
        else:
            weights = self._waiting[index]
        self._modules.layers[index].fill(self._computable(weights))
        self.bytes_streamed += self.spec.layers[index].bytes
        return True

    def _take_back(self, index: int) -> None:
        if self._tiers[index] is Tier.SSD:
            assert self._ring is not None
            self._ring.release()

    def _computable(self, weights: dict[str, Tensor]) -> dict[str, Tensor]:
        """The weights themselves, or their copies in the scratch layer if dtype or device differ."""
        return {name: self._in_scratch(name, tensor) for name, tensor in weights.items()}

    def _in_scratch(self, name: str, tensor: Tensor) -> Tensor:
        if tensor.dtype == self.dtype and tensor.device == self.device:
            return tensor
        place = self._scratch.get(name)
        if place is None or place.shape != tensor.shape:
            place = self._scratch[name] = torch.empty(tensor.shape, dtype=self.dtype, device=self.device)
        return place.copy_(tensor)

    def _load_resident(self, progress: Callable[[int], None]) -> None:
        """Read everything that does not come from the drive at each pass."""
        spec, modules = self.spec, self._modules
        kept = [index for index, tier in enumerate(self._tiers) if tier is not Tier.SSD]
        groups = [spec.embedding, spec.head, *(spec.layers[index] for index in kept)]
        buffer = StagingBuffer(max(plan_reads(group).buffer_bytes for group in groups))
        embedding = self._read(spec.embedding, buffer, self.device, progress)
        head = self._read(spec.head, buffer, self.device, progress)
        modules.embedding.fill(embedding)
        modules.norm.fill({"weight": head["model.norm.weight"]})
        modules.head.fill({"weight": head.get("lm_head.weight", embedding["weight"])})
        for index in kept:
            resident = self._tiers[index] is self._resident_tier
            place = self.device if resident else torch.device("cpu")
            weights = self._read(spec.layers[index], buffer, place, progress)
            if resident:
                modules.layers[index].fill(weights)
            else:
                self._waiting[index] = weights

    def _read(
        self, group: TensorGroup, buffer: StagingBuffer, device: torch.device, progress: Callable[[int], None]
    ) -> dict[str, Tensor]:
        """A group's tensors in memory of their own: the compute dtype on the compute device, as stored elsewhere."""
        plan = plan_reads(group)
        if not self._reader.read(plan, buffer, self._cancelled):
            raise Cancelled
        progress(group.bytes)
        dtype = self.dtype if device == self.device else None
        return {name: tensor.to(device, dtype, copy=True) for name, tensor in buffer.view(plan).items()}
