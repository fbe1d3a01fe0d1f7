"""How likely the target is to choose a token, given what the draft model thinks and the noise that will decide."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from operator import mul

import torch
from torch import Tensor

from core.drafting.online_logit import OnlineLogit

_PRIOR = (1.0, 0.4)
"""(a, b) before anything was seen: the best fixed pair over several model pairs and temperatures in prototypes."""

_HINT_PRIOR = 0.5
"""Weight of another source's hint before anything was seen: half of what it would be worth beside a draft that knows
nothing, for both often know the same."""

_BOUNDS = ((0.05, 8.0), (0.0, 8.0))
_HINT_BOUNDS = (0.0, 8.0)

_DOUBT = 0.1
"""Probability at which another source's proposal begins to count as a hint."""

Hints = Mapping[int, tuple[float, ...]]
"""What other sources say of one position: token to the strength of each source's hint, 0 for none."""


def hint(probability: float) -> float:
    """The strength of a hint, from the probability that its source gives the token."""
    return math.log1p(probability / _DOUBT)


class NoiseAwareRanking:
    """Predicts the target's choice as softmax(a * draft_logits + b * T * G(seed, position) + c * hints).

    The target takes argmax(logits / T + G). Were draft and target equal, a = b = 1 / T would predict it for certain;
    the surer the target is compared with the draft, the less the noise matters. So (a, b) is fitted online to what the
    target really chose. b = 0 is plain SpecExec. Where other sources propose the same token, each has a c of its own:
    what their agreement, or their dissent, is worth beside the draft model.

    The output is a calibrated probability, which is also what growth wants to sort nodes by.
    """

    def __init__(self, noise_aware: bool = True, hinting: int = 0) -> None:
        """Args:
        noise_aware: False leaves the noise out (b = 0) and fits the rest alone: the plain ranking, to compare with.
        hinting: How many other sources give hints.
        """
        self._noise_aware = noise_aware
        self._fit = OnlineLogit((*_PRIOR, *[_HINT_PRIOR] * hinting), (*_BOUNDS, *[_HINT_BOUNDS] * hinting))

    @property
    def weights(self) -> tuple[float, float]:
        """The fitted (a, b)."""
        a, b = self._fit.weights[:2]
        return a, b if self._noise_aware else 0.0

    @property
    def hint_weights(self) -> tuple[float, ...]:
        """The fitted c of each other source."""
        return self._fit.weights[2:]

    def boost(self, values: tuple[float, ...] | None) -> float:
        """What hints add to the log of a token's odds."""
        return sum(map(mul, self.hint_weights, values)) if values else 0.0

    def log_probabilities(self, logits: Tensor, noise: Tensor | None, temperature: float) -> Tensor:
        """Predicted log probability of each token, hints apart.

        Args:
            logits: The draft's scores, [positions, vocabulary], float32.
            noise: G at these positions, same shape; None at temperature 0.
        """
        a, b = self.weights
        scores = a * logits
        if noise is not None and b > 0.0:
            scores = torch.add(scores, noise, alpha=b * temperature)
        return scores.log_softmax(-1)

    def heed(self, log_probabilities: Tensor, hints: Sequence[Hints]) -> Tensor:
        """Take hints into account, in place.

        Args:
            log_probabilities: As returned by `log_probabilities`.
            hints: One entry per position.

        Returns:
            By how much each position's other tokens became less likely, in logs. Float32, [positions].
        """
        hinted = [(row, token, values) for row, tokens in enumerate(hints) for token, values in tokens.items()]
        device = log_probabilities.device
        extra = torch.zeros(len(log_probabilities), device=device)
        if hinted:
            rows = torch.tensor([row for row, _, _ in hinted], device=device)
            tokens = torch.tensor([token for _, token, _ in hinted], device=device)
            boosts = torch.tensor([self.boost(values) for _, _, values in hinted], device=device)
            before = log_probabilities[rows, tokens]
            extra.index_add_(0, rows, before.exp() * boosts.expm1())
            extra.log1p_()
            log_probabilities[rows, tokens] = before + boosts
            log_probabilities -= extra[:, None]
        return extra

    def learn(
        self, logits: Tensor, noise: Tensor | None, temperature: float, choice: int, hints: Hints | None = None
    ) -> None:
        """Take one position into account at which the target chose `choice`. `logits`, `noise`: [vocabulary]."""
        predicted = self.log_probabilities(logits[None], None if noise is None else noise[None], temperature)
        features = torch.zeros(len(self._fit.weights), len(logits), dtype=torch.float64, device=logits.device)
        features[0] = logits
        if noise is not None and self._noise_aware:
            features[1] = noise * temperature
        if hints:
            self.heed(predicted, [hints])
            tokens = torch.tensor(list(hints), device=logits.device)
            features[2:, tokens] = torch.tensor(list(hints.values()), dtype=torch.float64, device=logits.device).T
        self._fit.learn(features, predicted[0].double().exp(), choice)
