"""The target's choice at a position: argmax of filtered scores plus noise."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from core.errors import UnusableModel
from core.sampling.filters import filtered
from core.sampling.noise import GumbelNoise
from core.sampling.settings import Sampling


@dataclass(frozen=True, slots=True)
class Choice:
    """A chosen token and how far it was ahead: the difference of the two best scores, infinite if there is one only."""

    token: int
    margin: float


class Sampler:
    """Chooses tokens by the Gumbel-max rule, an exact sample of the filtered distribution.

    The token at absolute position t is argmax(filter(logits) / T + G(seed, t)); at temperature 0 there is no noise.

    Attributes:
        noise: The noise that will decide, for drafters that want to see it; None at temperature 0.
    """

    def __init__(self, sampling: Sampling, vocabulary: int, device: torch.device | str = "cpu") -> None:
        self.sampling = sampling
        self.noise = GumbelNoise(sampling.seed, vocabulary, device) if sampling.temperature > 0 else None

    def choose(self, logits: Tensor, position: int, context: Sequence[int]) -> Choice:
        """Choose the token at `position`.

        Args:
            logits: The target's scores there, [vocabulary], any float dtype.
            position: Absolute position of the token to choose: the length of `context`.
            context: Ids before it. Only read if a repetition penalty is set.

        Raises:
            UnusableModel: Scores are NaN or infinite.
        """
        sampling = self.sampling
        seen = torch.empty(0, dtype=torch.int64, device=logits.device)
        if sampling.repetition_penalty != 1.0:
            seen = torch.tensor(context, dtype=torch.int64, device=logits.device)
        scores = filtered(logits.float(), sampling, seen)
        if self.noise is not None:
            scores = scores + self.noise.row(position)
        (best, second), (token, _) = (part.tolist() for part in scores.topk(2))
        # A NaN among the scores counts as the best of them, so that to look at this one is enough.
        if not math.isfinite(best):
            raise UnusableModel(
                "The model computes scores that are no numbers.",
                "Its files are damaged, or its numbers too large for float16: get it again, or choose another dtype.",
            )
        return Choice(token, best - second)
