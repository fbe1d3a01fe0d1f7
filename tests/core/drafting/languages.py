"""Made-up languages, and sources that speak them, to grow trees from without a model."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from core.drafting.candidate_pool import CandidatePool
from core.drafting.drafter import Outcome
from core.drafting.expander import Children
from core.drafting.memory import Proposal
from core.drafting.ranking import Hints
from core.sampling.sampler import Sampler
from core.trees.token_tree import TokenTree

VOCABULARY = 7

Language = Callable[[tuple[int, ...]], Tensor]
"""Log probabilities of the next token after any path."""


def made_up(seed: int, sharpness: float) -> Language:
    """A random language."""

    def next_token(path: tuple[int, ...]) -> Tensor:
        generator = torch.Generator().manual_seed(hash((seed, path)) % 2**31)
        return (torch.randn(VOCABULARY, generator=generator) * sharpness).log_softmax(-1)

    return next_token


class Speaker:
    """An expander that knows a language and takes no hints. Remembers which candidates it was asked about."""

    name = "speaker"
    at_once = 16

    def __init__(self, language: Language, rows: int = 1000) -> None:
        self.room = rows
        self.batches: list[list[int]] = []
        self._language = language
        self._rows = rows

    def begin(self, context: Sequence[int], sampler: Sampler) -> None:
        self.room = self._rows

    def expand(self, nodes: Sequence[int], pool: CandidatePool, hints: Sequence[Hints], branch: int) -> list[Children]:
        self.batches.append(list(nodes))
        self.room -= len(nodes)
        found = []
        for node, said in zip(nodes, hints, strict=True):
            log_probabilities = self._language(tuple(pool.drafted(node)))
            best = log_probabilities.topk(min(branch, VOCABULARY)).indices.tolist()
            tokens = [*best, *(token for token in said if token not in best)]
            scores = log_probabilities[tokens].tolist()
            found.append(Children(tokens, scores, scores))
        return found

    def observe(self, pool: CandidatePool, path: Sequence[int], choices: Sequence[int], hints: Sequence[Hints]) -> None:
        return None


class Reciter:
    """A memory that knows a language's best tokens at every place."""

    def __init__(self, language: Language, name: str = "reciter", most: int = 3) -> None:
        self.name = name
        self._language = language
        self._most = most

    def begin(self, context: Sequence[int]) -> None:
        return None

    def state(self, drafted: Sequence[int]) -> tuple[int, ...]:
        return tuple(drafted)

    def proposals(self, state: tuple[int, ...]) -> list[Proposal]:
        best = self._language(state).topk(self._most)
        return [
            Proposal(token, share, (*state, token))
            for token, share in zip(best.indices.tolist(), best.values.exp().tolist(), strict=True)
        ]

    def observe(self, tree: TokenTree, outcome: Outcome, logits: Tensor) -> None:
        return None
