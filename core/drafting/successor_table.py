"""Which tokens the target thinks likely after each token: token recycling (arXiv 2408.08696), averaged over time."""

from __future__ import annotations

from array import array
from collections.abc import Sequence

from torch import Tensor

WIDTH = 8
"""Successors kept per token."""

_KEPT = 0.7
"""How much of what was known stays when a token is seen again. Between 0.5 and 0.85 it makes little difference; with 0,
as in the paper, the demo target commits 1.40 tokens a step instead of 1.85 (greedy, 64 nodes, 30 questions)."""


class SuccessorTable:
    """For each token of the vocabulary its likeliest successors, by what the target said wherever the token stood.

    Every pass shows the target's opinion for free, at the nodes that were not accepted too. It depends on more than the
    last token, so that a row is a fading average over the places where its token stood; what was seen last counts most.

    A row holds 8 ids and probabilities, 64 bytes: 8 MiB for a vocabulary of 128,000.
    """

    def __init__(self, vocabulary: int) -> None:
        self._ids = array("i", [0]) * (vocabulary * WIDTH)
        self._probabilities = array("f", [0.0]) * (vocabulary * WIDTH)

    def learn(self, tokens: Sequence[int], logits: Tensor) -> None:
        """Take in what the target thinks follows some tokens.

        Args:
            tokens: Of the verified nodes, in the order of seeing; the last counts most.
            logits: The target's scores there, [nodes, vocabulary], any float dtype, on any device.
        """
        best = logits.float().softmax(1).topk(min(WIDTH, logits.shape[1]), dim=1)
        for token, ids, probabilities in zip(tokens, best.indices.tolist(), best.values.tolist(), strict=True):
            self._blend(token, ids, probabilities)

    def successors(self, token: int) -> list[tuple[int, float]]:
        """The tokens that may follow `token` with their probabilities, the likeliest first; none if it was never seen.

        The probabilities add up to 1 at most: what they leave is spread over all other tokens.
        """
        row = slice(token * WIDTH, (token + 1) * WIDTH)
        return [
            (successor, probability)
            for successor, probability in zip(self._ids[row], self._probabilities[row], strict=True)
            if probability > 0.0
        ]

    def _blend(self, token: int, ids: Sequence[int], probabilities: Sequence[float]) -> None:
        known = self.successors(token)
        if known:
            blended = {successor: _KEPT * probability for successor, probability in known}
            for successor, probability in zip(ids, probabilities, strict=True):
                blended[successor] = blended.get(successor, 0.0) + (1 - _KEPT) * probability
            ids = sorted(blended, key=blended.__getitem__, reverse=True)[:WIDTH]
            probabilities = [blended[successor] for successor in ids]
        start = token * WIDTH
        self._ids[start : start + len(ids)] = array("i", ids)
        self._probabilities[start : start + len(ids)] = array("f", probabilities)
