"""How likely the target is to choose a token of a short list, given the shares in the list and the noise."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch

from core.drafting.online_logit import OnlineLogit

_PRIOR = (0.7, 0.3, -1.0)
"""(a, b, c) before anything was seen: between what lookup and recycling settle at on text that does not repeat itself.
Who starts with a doubt asks the draft model too, and soon knows better."""

_BOUNDS = ((0.05, 8.0), (0.0, 8.0), (-6.0, 6.0))

_LEAST = 1e-4
"""Share of everything outside the list at least, so that no list seems complete."""


class ShortlistRanking:
    """Predicts the target's choice among the tokens of a list and one more option, "anything else".

    A source that knows a few tokens with their shares is calibrated by its own record: a listed token counts
    exp(a * log share + b * T * G(seed, position) + c), everything else exp(a * log of the share that is left). So the
    shares are sharpened or softened (a), the source as a whole is believed more or less (c), and the noise is looked
    at (b) for the tokens for which it is known who they are.
    """

    def __init__(self, noise_aware: bool = True) -> None:
        """Args: noise_aware: False leaves the noise out (b = 0)."""
        self._noise_aware = noise_aware
        self._fit = OnlineLogit(_PRIOR, _BOUNDS)

    @property
    def weights(self) -> tuple[float, float, float]:
        """The fitted (a, b, c)."""
        a, b, c = self._fit.weights
        return a, b if self._noise_aware else 0.0, c

    def log_probabilities(
        self, shares: Sequence[float], noise: Sequence[float] | None, temperature: float
    ) -> list[float]:
        """Predicted log probability of each listed token.

        Args:
            shares: Of each token; they add up to 1 at most.
            noise: G of each token at this position; None at temperature 0, or to leave it out.
        """
        a, b, c = self.weights
        scores = [a * math.log(share) + c for share in shares]
        if noise is not None:
            scores = [score + b * temperature * drawn for score, drawn in zip(scores, noise, strict=True)]
        scores.append(a * math.log(max(_LEAST, 1.0 - sum(shares))))
        best = max(scores)
        total = best + math.log(sum(math.exp(score - best) for score in scores))
        return [score - total for score in scores[:-1]]

    def learn(
        self, shares: Sequence[float], noise: Sequence[float] | None, temperature: float, choice: int | None
    ) -> None:
        """Take one position into account. `choice`: index of the token that the target chose; None if not listed."""
        listed = len(shares)
        predicted = [math.exp(score) for score in self.log_probabilities(shares, noise, temperature)]
        logs = [math.log(share) for share in shares]
        drawn = [0.0] * listed if noise is None or not self._noise_aware else [temperature * value for value in noise]
        features = torch.tensor(
            [[*logs, math.log(max(_LEAST, 1.0 - sum(shares)))], [*drawn, 0.0], [1.0] * listed + [0.0]],
            dtype=torch.float64,
        )
        probabilities = torch.tensor([*predicted, max(0.0, 1.0 - sum(predicted))], dtype=torch.float64)
        self._fit.learn(features, probabilities, listed if choice is None else choice)
