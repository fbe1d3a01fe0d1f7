"""A small model of the target's kind that is asked for the children of nodes, ranked with the noise in view."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from core.drafting.candidate_pool import CandidatePool
from core.drafting.expander import Children
from core.drafting.ranking import Hints, NoiseAwareRanking
from core.offload.offloaded_model import OffloadedModel
from core.sampling.sampler import Sampler

ROWS_PER_NODE = 3
"""Most rows that are expanded per node of the budget; it bounds the draft's cache."""

RANKED_ROWS = 16
"""Rows that are ranked at once, which bounds what their scores take beside each other."""


class DraftModel:
    """Expands nodes by a resident draft model and learns how far to trust it.

    The draft's cache follows the committed text. While a tree grows, the rows of expanded candidates stand behind the
    text, in the order of expansion; `observe` keeps those of the accepted path.

    Attributes:
        name: "model".
        ranking: The fitted prediction of the target's choices.
        room: Rows that can still be expanded for this tree.
    """

    name = "model"

    def __init__(self, model: OffloadedModel, context: int, max_budget: int, ranking: NoiseAwareRanking) -> None:
        self.ranking = ranking
        self.room = 0
        self._model = model
        self._cache = model.new_cache(context + ROWS_PER_NODE * max_budget)
        self._sampler: Sampler | None = None
        self._context: Sequence[int] = ()
        self._root_position = 0
        self._logits: dict[int, Tensor] = {}
        self._slots: dict[int, int] = {}
        self._visible = torch.zeros(0, 0, dtype=torch.bool)
        self._unexplained: tuple[int, int, Hints] | None = None

    def begin(self, context: Sequence[int], budget: int, sampler: Sampler) -> None:
        # The draft first runs when the root is expanded: where memories know all that is needed, never.
        self._context = context
        self._sampler = sampler
        self._root_position = len(context) - 1
        self._logits = {}
        self._slots = {}
        self.room = ROWS_PER_NODE * budget
        self._visible = torch.zeros(self.room, self.room, dtype=torch.bool)

    def expand(self, nodes: Sequence[int], pool: CandidatePool, hints: Sequence[Hints], branch: int) -> list[Children]:
        rest = nodes
        if nodes[0] == 0:
            self._catch_up()
            rest = nodes[1:]
        if rest:
            self._run(rest, pool)
        found = []
        for start in range(0, len(nodes), RANKED_ROWS):
            part = nodes[start : start + RANKED_ROWS]
            found.extend(self._ranked(part, pool, hints[start : start + RANKED_ROWS], branch))
        return found

    def observe(self, pool: CandidatePool, path: Sequence[int], choices: Sequence[int], hints: Sequence[Hints]) -> None:
        for node, choice, said in zip(path, choices, hints, strict=True):
            if node in self._logits:
                self._learn(self._logits[node], self._root_position + pool.depths[node] + 1, choice, said)
        if not self._logits:
            return  # the draft was not asked
        last = path[-1]
        exit_position = self._root_position + pool.depths[last] + 1
        self._unexplained = None if last in self._logits else (exit_position, choices[-1], hints[-1])
        rows = [node for node in path if node in self._slots]
        start = self._cache.length
        self._cache.commit([pool.tokens[node] for node in rows], [start + self._slots[node] for node in rows])

    def _catch_up(self) -> None:
        """Run what was committed since the root was last expanded, the new root included, through the draft."""
        context = self._context
        known = self._cache.keep_prefix(context[:-1])
        missing = context[known:]
        # Two rows of scores are of use: the root's, and that of a leaf at which the last walk ended.
        text, chain = missing[:-2], missing[-2:]
        causal = torch.ones(len(chain), len(chain), dtype=torch.bool).tril_()
        logits = self._model.run(self._cache, text, chain, range(len(chain)), causal).float()
        self._cache.commit(missing, range(known, len(context)))
        if self._unexplained is not None and self._unexplained[:2] == (self._root_position, context[-1]):
            self._learn(logits[0], *self._unexplained)
        self._unexplained = None
        self._logits[0] = logits[-1]

    def _run(self, nodes: Sequence[int], pool: CandidatePool) -> None:
        first = len(self._slots)
        for slot, node in enumerate(nodes, start=first):
            self._slots[node] = slot
            parent = self._slots.get(pool.parents[node])
            if parent is not None:
                self._visible[slot] = self._visible[parent]
            self._visible[slot, slot] = True
        end = first + len(nodes)
        self.room -= len(nodes)
        logits = self._model.run(
            self._cache,
            [],
            [pool.tokens[node] for node in nodes],
            [pool.depths[node] - 1 for node in nodes],
            self._visible[first:end, :end],
            keep_pending=True,
        ).float()
        self._logits.update(zip(nodes, logits, strict=True))

    def _ranked(self, nodes: Sequence[int], pool: CandidatePool, hints: Sequence[Hints], branch: int) -> list[Children]:
        logits = torch.stack([self._logits[node] for node in nodes])
        positions = [self._root_position + pool.depths[node] + 1 for node in nodes]
        predicted = self.ranking.log_probabilities(logits, *self._noise(positions))
        lost = self.ranking.heed(predicted, hints)
        best, tokens = predicted.topk(min(branch, predicted.shape[1]), dim=1)
        found = []
        for row, (said, scores, ids) in enumerate(zip(hints, best.tolist(), tokens.tolist(), strict=True)):
            if left := [token for token in said if token not in ids]:
                ids.extend(left)
                scores.extend(predicted[row, left].tolist())
            own = scores
            if said:
                loss = float(lost[row])
                boosts = [self.ranking.boost(said.get(token)) for token in ids]
                own = [score + loss - boost for score, boost in zip(scores, boosts, strict=True)]
            found.append(Children(ids, scores, own))
        return found

    def _noise(self, positions: Sequence[int]) -> tuple[Tensor | None, float]:
        """The noise at some positions and its temperature."""
        assert self._sampler is not None
        noise = self._sampler.noise
        return None if noise is None else noise.rows(positions), self._sampler.sampling.temperature

    def _learn(self, logits: Tensor, position: int, choice: int, hints: Hints) -> None:
        noise, temperature = self._noise([position])
        self.ranking.learn(logits, None if noise is None else noise[0], temperature, choice, hints)
