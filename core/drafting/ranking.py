"""How likely the target is to choose a token, given what the draft model thinks and the noise that will decide."""

from __future__ import annotations

import torch
from torch import Tensor

_PRIOR = (1.0, 0.4)
"""(a, b) before anything was seen: the best fixed pair over several model pairs and temperatures in prototypes."""

_PRIOR_WEIGHT = 10.0
"""Information, in units of squared scores, that the prior is worth: about as much as ten uncertain positions."""

_MEMORY = 0.99
"""Share of past information kept per position, so that the fit follows the text over about a hundred tokens."""

_SURPRISE = 0.0025
"""Predicted probability of the choice at which a position counts half. The target now and then takes what the draft
held for impossible; taken at face value, a few such positions talk the fit out of trusting a draft that is mostly
right (measured at T = 1: such a fit ranked the choice first less often than plain ranking did)."""

_BOUNDS = ((0.05, 8.0), (0.0, 8.0))


class NoiseAwareRanking:
    """Predicts the target's choice as softmax(a * draft_logits + b * T * G(seed, position)).

    The target takes argmax(logits / T + G). Were draft and target equal, a = b = 1 / T would predict it for certain;
    the surer the target is compared with the draft, the less the noise matters. So (a, b) is fitted online to what the
    target really chose: a multinomial logit with two features, updated per position by one Newton step on the
    log-likelihood with exponentially fading information (an extended Kalman filter). A position counts the less the
    more impossible its choice seemed, as in a mixture with outliers. b = 0 is plain SpecExec.

    The output is a calibrated probability, which is also what growth wants to sort nodes by.

    Args:
        noise_aware: False leaves the noise out (b = 0) and fits a alone: the plain ranking, to compare with.
    """

    def __init__(self, noise_aware: bool = True) -> None:
        self._weights = torch.tensor(_PRIOR, dtype=torch.float64)
        self._information = torch.eye(2, dtype=torch.float64) * _PRIOR_WEIGHT
        self._noise_aware = noise_aware

    @property
    def weights(self) -> tuple[float, float]:
        """The fitted (a, b)."""
        a, b = self._weights.tolist()
        return a, b if self._noise_aware else 0.0

    def log_probabilities(self, logits: Tensor, noise: Tensor | None, temperature: float) -> Tensor:
        """Predicted log probability of each token.

        Args:
            logits: The draft's scores, [positions, vocabulary], float32.
            noise: G at these positions, same shape; None at temperature 0.
        """
        a, b = self.weights
        scores = a * logits
        if noise is not None and b > 0.0:
            scores = torch.add(scores, noise, alpha=b * temperature)
        return scores.log_softmax(-1)

    def learn(self, logits: Tensor, noise: Tensor | None, temperature: float, choice: int) -> None:
        """Take one position into account at which the target chose `choice`. `logits`, `noise`: [vocabulary]."""
        probabilities = self.log_probabilities(logits[None], None if noise is None else noise[None], temperature)[0]
        probabilities = probabilities.exp()
        draft = logits.double()
        drawn = torch.zeros_like(draft) if noise is None else noise.double() * temperature
        features = torch.stack([draft, drawn])  # [2, vocabulary]
        if not self._noise_aware:
            features[1] = 0.0
        mean = features @ probabilities.double()
        centred = features - mean[:, None]
        covariance = (centred * probabilities.double()) @ centred.T
        prior = torch.eye(2, dtype=torch.float64) * _PRIOR_WEIGHT
        expected = float(probabilities[choice])
        weight = expected / (expected + _SURPRISE)
        self._information = _MEMORY * self._information + (1 - _MEMORY) * prior + weight * covariance.cpu()
        gradient = weight * (features[:, choice] - mean).cpu()
        self._weights = self._weights + torch.linalg.solve(self._information, gradient)
        for index, (low, high) in enumerate(_BOUNDS):
            self._weights[index].clamp_(low, high)
