"""A short list is worth what its record says."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from core.drafting.shortlist_ranking import ShortlistRanking
from core.sampling.noise import GumbelNoise

VOCABULARY = 50
SHARES = [0.5, 0.3, 0.1]


def teach(ranking: ShortlistRanking, right: float, positions: int = 400) -> float:
    """Shows choices of which a share is listed, in proportion to the list. Returns how often the first was chosen."""
    generator = torch.Generator().manual_seed(3)
    first = 0
    for _ in range(positions):
        listed = float(torch.rand(1, generator=generator)) < right
        choice = int(torch.multinomial(torch.tensor(SHARES), 1, generator=generator)) if listed else None
        first += choice == 0
        ranking.learn(SHARES, None, 0.0, choice)
    return first / positions


@pytest.mark.parametrize("right", [0.02, 0.3, 0.97])
def test_probabilities_become_the_frequencies(right: float) -> None:
    ranking = ShortlistRanking()
    frequency = teach(ranking, right)
    predicted = math.exp(ranking.log_probabilities(SHARES, None, 0.0)[0])
    assert predicted == pytest.approx(frequency, abs=0.12)
    assert sum(map(math.exp, ranking.log_probabilities(SHARES, None, 0.0))) == pytest.approx(right, abs=0.12)


def test_where_the_shares_are_the_targets_own_the_noise_tells_which_it_is() -> None:
    """The list knows five tokens of the target's fifty; with the noise it foretells most choices among them."""
    ranking, blind = ShortlistRanking(), ShortlistRanking(noise_aware=False)
    generator = torch.Generator().manual_seed(1)
    noise = GumbelNoise(3, VOCABULARY)
    told = blindly = 0.0
    for position in range(600):
        logits = torch.randn(VOCABULARY, generator=generator) * 3
        shares, tokens = logits.softmax(-1).topk(5)
        choice = int((logits + noise.row(position)).argmax())
        index = tokens.tolist().index(choice) if choice in tokens else None
        drawn = [noise.at(position, token) for token in tokens.tolist()]
        for each in (ranking, blind):
            scores = each.log_probabilities(shares.tolist(), drawn, 1.0)
            rest = math.log(max(1e-9, 1 - sum(map(math.exp, scores))))
            if position >= 300:
                gain = (rest if index is None else scores[index]) / 300
                told, blindly = (told + gain, blindly) if each is ranking else (told, blindly + gain)
            each.learn(shares.tolist(), drawn, 1.0, index)
    assert told > blindly + 0.4
    assert ranking.weights[1] > 0.5
    assert blind.weights[1] == 0.0


@given(st.lists(st.floats(1e-4, 1.0), min_size=1, max_size=8), st.integers(0, 9), st.floats(0.0, 2.0))
def test_probabilities_leave_room_for_anything_else(weights: list[float], seed: int, temperature: float) -> None:
    total = max(1.0, sum(weights))
    shares = [weight / total for weight in weights]
    noise = [GumbelNoise(seed, 9).at(5, token) for token in range(len(shares))] if temperature else None
    scores = ShortlistRanking().log_probabilities(shares, noise, temperature)
    assert all(score < 0.0 for score in scores)
    assert sum(map(math.exp, scores)) < 1.0
