"""A small model of the target's kind that drafts trees: SpecExec's drafter, ranking with the noise in view."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from core.drafting.drafter import Outcome
from core.drafting.growth import ROWS_PER_NODE, CandidatePool, grow_best_first
from core.drafting.ranking import NoiseAwareRanking
from core.offload.offloaded_model import OffloadedModel
from core.sampling.sampler import Sampler
from core.trees.token_tree import TokenTree

_WIDTH = 16
"""Nodes expanded in one pass of the draft: with more, passes are wasted on nodes that later fall out of the tree."""

_WORTHWHILE = 0.05
"""Accepted tokens that another pass must promise. At 64 nodes the demo pair drafts in 16.7 ms a step instead of 22.0,
and commits 3.10 tokens instead of 3.13 (greedy, six questions; one thread of a Xeon, November 2026)."""


class DraftModel:
    """Grows trees by a resident draft model and learns how far to trust it.

    The draft's cache follows the committed text. While a tree grows, the rows of expanded nodes stand behind the text,
    in the order of expansion; `observe` keeps those of the accepted path.

    Attributes:
        name: "model".
        ranking: The fitted prediction of the target's choices.
    """

    name = "model"

    def __init__(self, model: OffloadedModel, context: int, max_budget: int, ranking: NoiseAwareRanking) -> None:
        self.ranking = ranking
        self._model = model
        self._cache = model.new_cache(context + ROWS_PER_NODE * max_budget)
        self._sampler: Sampler | None = None
        self._root_position = 0
        self._root_logits = torch.empty(0)
        self._rows: list[Tensor] = []
        self._slots: list[int] = []
        self._visible = torch.zeros(0, 0, dtype=torch.bool)
        self._unexplained: tuple[int, int] | None = None

    def grow(self, context: Sequence[int], budget: int, max_depth: int, sampler: Sampler) -> TokenTree:
        self._sampler = sampler
        self._root_position = len(context) - 1
        self._rows = []
        self._visible = torch.zeros(ROWS_PER_NODE * budget, ROWS_PER_NODE * budget, dtype=torch.bool)
        if budget > 1 and max_depth > 0:
            self._catch_up(context)
        tree, self._slots = grow_best_first(
            context[-1], self._expand, budget, max_depth, _WIDTH, self.name, _WORTHWHILE
        )
        return tree

    def observe(self, tree: TokenTree, outcome: Outcome) -> None:
        if len(tree) == 1:
            self._unexplained = None
            return
        for node, choice in zip(outcome.path, outcome.choices, strict=True):
            logits = self._logits_of(node)
            if logits is not None:
                self._learn(logits, self._root_position + tree.depths[node] + 1, choice)
        last = outcome.path[-1]
        exit_position = self._root_position + tree.depths[last] + 1
        self._unexplained = (exit_position, outcome.choices[-1]) if self._logits_of(last) is None else None
        rows = [node for node in outcome.path[1:] if self._slots[node] >= 0]
        start = self._cache.length
        self._cache.commit([tree.tokens[node] for node in rows], [start + self._slots[node] for node in rows])

    def _catch_up(self, context: Sequence[int]) -> None:
        """Run what was committed since the last tree, the root included, through the draft."""
        known = self._cache.keep_prefix(context[:-1])
        missing = context[known:]
        # Two rows of scores are of use: the root's, and that of a leaf at which the last walk ended.
        text, chain = missing[:-2], missing[-2:]
        causal = torch.ones(len(chain), len(chain), dtype=torch.bool).tril_()
        logits = self._model.run(self._cache, text, chain, range(len(chain)), causal).float()
        self._cache.commit(missing, range(known, len(context)))
        if self._unexplained == (self._root_position, context[-1]):
            self._learn(logits[0], self._root_position, context[-1])
        self._unexplained = None
        self._root_logits = logits[-1]

    def _expand(self, nodes: Sequence[int], pool: CandidatePool) -> Tensor:
        if list(nodes) == [0]:
            logits = self._root_logits[None]
        else:
            slots = [pool.slots[node] for node in nodes]
            for node, slot in zip(nodes, slots, strict=True):
                parent = pool.slots[pool.parents[node]]
                if parent >= 0:
                    self._visible[slot] = self._visible[parent]
                self._visible[slot, slot] = True
            logits = self._model.run(
                self._cache,
                [],
                [pool.tokens[node] for node in nodes],
                [pool.depths[node] - 1 for node in nodes],
                self._visible[slots, : slots[-1] + 1],
                keep_pending=True,
            ).float()
            self._rows.extend(logits)
        positions = [self._root_position + pool.depths[node] + 1 for node in nodes]
        return self.ranking.log_probabilities(logits, *self._noise(positions))

    def _noise(self, positions: Sequence[int]) -> tuple[Tensor | None, float]:
        """The noise at some positions and its temperature."""
        assert self._sampler is not None
        noise = self._sampler.noise
        return None if noise is None else noise.rows(positions), self._sampler.sampling.temperature

    def _logits_of(self, node: int) -> Tensor | None:
        """The draft's scores for the children of a node of the last tree; None if it was a leaf."""
        if node == 0:
            return self._root_logits
        slot = self._slots[node]
        return self._rows[slot] if slot >= 0 else None

    def _learn(self, logits: Tensor, position: int, choice: int) -> None:
        noise, temperature = self._noise([position])
        self.ranking.learn(logits, None if noise is None else noise[0], temperature, choice)
