"""A multinomial logit of few features, fitted online to choices as they are seen."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

_PRIOR_WEIGHT = 10.0
"""Information, in units of squared features, that the prior is worth: about as much as ten uncertain positions."""

_MEMORY = 0.99
"""Share of past information kept per position, so that the fit follows the text over about a hundred tokens."""

_SURPRISE = 0.0025
"""Predicted probability of the choice at which a position counts half. The target now and then takes what was held for
impossible; taken at face value, a few such positions talk the fit out of trusting a draft that is mostly right
(measured at T = 1: such a fit ranked the choice first less often than plain ranking did)."""


class OnlineLogit:
    """P(choice) = softmax(weights · features), the weights by maximum likelihood over the recent past.

    Updated per position by one Newton step on the log-likelihood with exponentially fading information (an extended
    Kalman filter). A position counts the less the more impossible its choice seemed, as in a mixture with outliers.

    Attributes:
        weights: The fit.
    """

    def __init__(self, prior: Sequence[float], bounds: Sequence[tuple[float, float]]) -> None:
        """Args: prior: Weights before anything was seen. bounds: Least and most of each weight."""
        self.weights = tuple(prior)
        self._bounds = bounds
        self._prior = torch.eye(len(prior), dtype=torch.float64) * _PRIOR_WEIGHT
        self._information = self._prior.clone()

    def learn(self, features: Tensor, probabilities: Tensor, choice: int) -> None:
        """Take a choice into account.

        Args:
            features: [features, options], float64.
            probabilities: What was predicted, [options], float64.
            choice: Index of the option that was chosen.
        """
        mean = features @ probabilities
        centred = features - mean[:, None]
        covariance = (centred * probabilities) @ centred.T
        expected = float(probabilities[choice])
        weight = expected / (expected + _SURPRISE)
        self._information = _MEMORY * self._information + (1 - _MEMORY) * self._prior + weight * covariance.cpu()
        gradient = weight * (features[:, choice] - mean).cpu()
        step = torch.linalg.solve(self._information, gradient).tolist()
        self.weights = tuple(
            min(max(weight + change, low), high)
            for weight, change, (low, high) in zip(self.weights, step, self._bounds, strict=True)
        )
