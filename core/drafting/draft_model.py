"""A small model of the target's kind that is asked for the children of nodes, ranked with the noise in view."""

from __future__ import annotations

import math
from collections.abc import Sequence

from torch import Tensor

from core.drafting.candidate_pool import CandidatePool
from core.drafting.draft_rows import TEXT, DraftRows, Runnable
from core.drafting.expander import Children
from core.drafting.ranking import Hints, NoiseAwareRanking
from core.errors import UnusableDraft
from core.sampling.sampler import Sampler

ROWS_PER_NODE = 6
"""Rows of the draft's cache per node of the largest tree: half of them for that tree, half for those drafted ahead."""

BROKEN = "Its files are damaged, or too large for float16: get them again, choose another draft, or --drafter none."

RANKED_ROWS = 16
"""Rows that are ranked at once, which bounds what their scores take beside each other."""


class DraftModel:
    """Expands nodes by a resident draft model and learns how far to trust it.

    What it was asked once it knows, in whatever pool the same tokens turn up, until the text goes another way.

    Attributes:
        name: "model".
        at_once: Nodes of which it is asked in one pass at best.
        ranking: The fitted prediction of the target's choices.
    """

    name = "model"
    at_once = 16

    def __init__(self, model: Runnable, context: int, max_budget: int, ranking: NoiseAwareRanking) -> None:
        self.ranking = ranking
        self._rows = DraftRows(model, context, ROWS_PER_NODE * max_budget)
        self._sampler: Sampler | None = None
        self._context: Sequence[int] = ()
        self._pool: CandidatePool | None = None
        self._places: dict[int, int] = {}
        self._unexplained: tuple[int, int, Hints] | None = None

    @property
    def room(self) -> int:
        return self._rows.room

    def begin(self, context: Sequence[int], sampler: Sampler) -> None:
        # The draft first runs when the root is expanded: where memories know all that is needed, never.
        self._context = context
        self._sampler = sampler
        self._pool = None
        self._rows.follow(context)

    def expand(self, nodes: Sequence[int], pool: CandidatePool, hints: Sequence[Hints], branch: int) -> list[Children]:
        places = self._run(nodes, pool)
        positions = [self._position(node, pool) for node in nodes]
        found = []
        for start in range(0, len(nodes), RANKED_ROWS):
            part = slice(start, start + RANKED_ROWS)
            found.extend(self._ranked(places[part], positions[part], hints[part], branch))
        return found

    def observe(self, pool: CandidatePool, path: Sequence[int], choices: Sequence[int], hints: Sequence[Hints]) -> None:
        if not self._rows.read:
            return  # the draft was not asked
        place: int | None = TEXT
        for node, choice, said in zip(path, choices, hints, strict=True):
            if node and place is not None:
                place = self._rows.find(place, pool.tokens[node])
            if place is not None:
                self._learn(self._rows.scores([place])[0], self._position(node, pool), choice, said)
        self._unexplained = None if place is not None else (self._position(path[-1], pool), choices[-1], hints[-1])

    def _run(self, nodes: Sequence[int], pool: CandidatePool) -> list[int]:
        """Run what was not run yet of some candidates. Returns where each is."""
        rows = self._rows
        self._read_text()
        if pool is not self._pool:
            place = TEXT
            for token in pool.prefix:
                place = rows.add(place, token)
            self._pool, self._places = pool, {0: place}
        places = self._places
        for node in nodes:
            if node:
                places[node] = rows.add(places[pool.parents[node]], pool.tokens[node])
        rows.run()
        return [places[node] for node in nodes]

    def _read_text(self) -> None:
        """Run what was committed since the draft was asked last, the root included, and learn from it."""
        before = self._rows.read_text(self._context)
        if self._unexplained is not None:
            position, choice, hints = self._unexplained
            if before is not None and position == len(self._context) - 1 and choice == self._context[-1]:
                self._learn(before, position, choice, hints)
            self._unexplained = None

    def _ranked(
        self, places: Sequence[int], positions: Sequence[int], hints: Sequence[Hints], branch: int
    ) -> list[Children]:
        predicted = self.ranking.log_probabilities(self._rows.scores(places), *self._noise(positions))
        lost = self.ranking.heed(predicted, hints)
        best, tokens = predicted.topk(min(branch, predicted.shape[1]), dim=1)
        found = []
        for row, (said, scores, ids) in enumerate(zip(hints, best.tolist(), tokens.tolist(), strict=True)):
            if not math.isfinite(scores[0]):
                raise UnusableDraft("The draft model computes scores that are no numbers.", BROKEN)
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

    def _position(self, node: int, pool: CandidatePool) -> int:
        """Absolute position of the token that follows a candidate."""
        return len(self._context) + len(pool.prefix) + pool.depths[node]

    def _noise(self, positions: Sequence[int]) -> tuple[Tensor | None, float]:
        """The noise at some positions and its temperature."""
        assert self._sampler is not None
        noise = self._sampler.noise
        return None if noise is None else noise.rows(positions), self._sampler.sampling.temperature

    def _learn(self, logits: Tensor, position: int, choice: int, hints: Hints) -> None:
        noise, temperature = self._noise([position])
        self.ranking.learn(logits, None if noise is None else noise[0], temperature, choice, hints)
