"""A memory and the record by which its proposals are calibrated."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from torch import Tensor

from core.drafting.candidate_pool import CandidatePool
from core.drafting.drafter import Outcome
from core.drafting.memory import Memory, Proposal
from core.drafting.shortlist_ranking import ShortlistRanking
from core.sampling.sampler import Sampler
from core.trees.token_tree import TokenTree


class RankedMemory:
    """Asks a memory about the candidates of a pool, each once, and learns how far to believe it.

    Attributes:
        name: The memory's.
        ranking: What its shares are worth.
    """

    def __init__(self, memory: Memory, ranking: ShortlistRanking) -> None:
        self.name = memory.name
        self.ranking = ranking
        self._memory = memory
        self._pool: CandidatePool | None = None
        self._asked: dict[int, Sequence[Proposal]] = {}
        self._states: dict[int, Any] = {}
        self._text_length = 0
        self._sampler: Sampler | None = None

    def begin(self, context: Sequence[int], sampler: Sampler) -> None:
        """Turn to a text."""
        self._memory.begin(context)
        self._text_length = len(context)
        self._sampler = sampler
        self._pool = None

    def ask(self, node: int, pool: CandidatePool) -> list[tuple[int, float]]:
        """Tokens that may follow a candidate, with their log probabilities."""
        proposals = self._proposals(node, pool)
        if not proposals:
            return []
        log_probabilities = self.ranking.log_probabilities(
            [proposal.share for proposal in proposals], self._noise(node, pool, proposals), self._temperature
        )
        return [(proposal.token, score) for proposal, score in zip(proposals, log_probabilities, strict=True)]

    def beliefs(self, node: int, pool: CandidatePool) -> list[tuple[int, float]]:
        """Tokens that may follow a candidate, with their probabilities before the noise is looked at."""
        proposals = self._proposals(node, pool)
        if not proposals:
            return []
        scores = self.ranking.log_probabilities([proposal.share for proposal in proposals], None, self._temperature)
        return [(proposal.token, math.exp(score)) for proposal, score in zip(proposals, scores, strict=True)]

    def took(self, node: int, pool: CandidatePool, child: int) -> None:
        """Note that `child` was proposed for `node`: the memory goes on from its own state there."""
        for proposal in self._asked[node]:
            if proposal.token == pool.tokens[child]:
                self._states[child] = proposal.state

    def learn(self, node: int, pool: CandidatePool, choice: int) -> None:
        """Take into account what the target chose at an accepted candidate."""
        proposals = self._proposals(node, pool)
        if proposals:
            tokens = [proposal.token for proposal in proposals]
            shares = [proposal.share for proposal in proposals]
            index = tokens.index(choice) if choice in tokens else None
            self.ranking.learn(shares, self._noise(node, pool, proposals), self._temperature, index)

    def observe(self, tree: TokenTree, outcome: Outcome, logits: Tensor) -> None:
        """Let the memory remember; states are void from here on."""
        self._memory.observe(tree, outcome, logits)

    @property
    def _temperature(self) -> float:
        assert self._sampler is not None
        return self._sampler.sampling.temperature

    def _proposals(self, node: int, pool: CandidatePool) -> Sequence[Proposal]:
        if pool is not self._pool:
            self._pool, self._asked, self._states = pool, {}, {}
        proposals = self._asked.get(node)
        if proposals is None:
            state = self._states.pop(node, None)
            if state is None:
                state = self._memory.state(pool.drafted(node))
            proposals = self._asked[node] = self._memory.proposals(state)
        return proposals

    def _noise(self, node: int, pool: CandidatePool, proposals: Sequence[Proposal]) -> list[float] | None:
        assert self._sampler is not None
        noise = self._sampler.noise
        if noise is None:
            return None
        position = self._text_length + len(pool.prefix) + pool.depths[node]
        return [noise.at(position, proposal.token) for proposal in proposals]
