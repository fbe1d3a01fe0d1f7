"""The fit of a draft's scores to what the target chooses."""

from __future__ import annotations

import pytest
import torch

from core.drafting.online_logit import OnlineLogit

BOUNDS = ((0.0, 4.0), (0.0, 4.0))


def _predicted(weights: tuple[float, ...], features: torch.Tensor) -> torch.Tensor:
    return torch.softmax(torch.tensor(weights, dtype=torch.float64) @ features, 0)


def test_the_weights_that_choices_were_drawn_with_are_found() -> None:
    generator = torch.Generator().manual_seed(3)
    fit, found = OnlineLogit((1.0, 0.0), BOUNDS), []
    for _ in range(1500):
        features = torch.randn(2, 6, dtype=torch.float64, generator=generator)
        choice = torch.multinomial(_predicted((0.5, 2.0), features), 1, generator=generator)
        fit.learn(features, _predicted(fit.weights, features), int(choice))
        found.append(fit.weights)
    late = torch.tensor(found[500:]).mean(0).tolist()
    assert late == pytest.approx([0.5, 2.0], abs=0.25)


def _moved_by(chance: float) -> float:
    """How far one choice of a probability moves the fit, by its one feature that differs."""
    fit = OnlineLogit((1.0, 0.0), ((-4.0, 4.0), (-4.0, 4.0)))
    features = torch.tensor([[1.0, 0.0], [0.0, 0.0]], dtype=torch.float64)
    fit.learn(features, torch.tensor([1 - chance, chance], dtype=torch.float64), 1)
    return 1.0 - fit.weights[0]


def test_the_more_impossible_a_choice_seemed_the_less_it_counts() -> None:
    assert _moved_by(0.05) > 0.08
    assert _moved_by(0.0025) == pytest.approx(0.5 * 0.0998, rel=0.02)
    assert _moved_by(1e-6) < 0.0001


def test_weights_stay_within_their_bounds() -> None:
    fit = OnlineLogit((0.1, 3.9), BOUNDS)
    for _ in range(20):
        fit.learn(torch.eye(2, dtype=torch.float64), torch.tensor([0.5, 0.5], dtype=torch.float64), 1)
    assert fit.weights == (0.0, 4.0)
