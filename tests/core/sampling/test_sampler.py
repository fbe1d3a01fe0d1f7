"""Tokens are exact samples of the filtered distribution."""

from __future__ import annotations

import pytest
import torch

from core.errors import BadRequest
from core.sampling.filters import filtered
from core.sampling.sampler import Sampler
from core.sampling.settings import Sampling

DRAWS = 50_000
CHI_SQUARE_999 = {5: 20.515, 6: 22.458, 7: 24.322, 8: 26.124, 9: 27.877, 10: 29.588, 11: 31.264}
"""0.999 quantiles by degrees of freedom."""


def test_fifty_thousand_draws_with_top_p_follow_the_distribution() -> None:
    logits = torch.tensor([2.0, 1.7, 1.5, 1.1, 0.9, 0.6, 0.2, 0.0, -0.3, -0.8, -1.5, -2.5, -4.0])
    sampling = Sampling(temperature=1.0, top_p=0.9, seed=123)
    sampler = Sampler(sampling, len(logits))
    counts = torch.zeros(len(logits), dtype=torch.float64)
    for position in range(DRAWS):
        counts[sampler.choose(logits, position, ()).token] += 1
    expected = filtered(logits, sampling, torch.empty(0, dtype=torch.int64)).double().softmax(-1) * DRAWS
    assert counts[expected == 0].sum() == 0
    possible = expected > 0
    statistic = ((counts - expected) ** 2 / expected)[possible].sum()
    assert statistic < CHI_SQUARE_999[int(possible.sum()) - 1]


def test_the_margin_tells_how_near_the_second_best_was() -> None:
    choice = Sampler(Sampling(), 3).choose(torch.tensor([1.0, 3.0, 2.5]), 0, ())
    assert choice.token == 1
    assert choice.margin == pytest.approx(0.5)
    certain = Sampler(Sampling(temperature=1.0, top_k=1), 3).choose(torch.tensor([1.0, 3.0, 2.5]), 0, ())
    assert certain.token == 1
    assert certain.margin == float("inf")


@pytest.mark.parametrize(
    "bad", [{"temperature": -1}, {"top_p": 0.0}, {"top_k": -1}, {"min_p": 1.0}, {"seed": -1}, {"repetition_penalty": 0}]
)
def test_settings_out_of_range_are_refused_by_name(bad: dict[str, float]) -> None:
    with pytest.raises(BadRequest, match=next(iter(bad))):
        Sampling(**bad)  # type: ignore[arg-type]
