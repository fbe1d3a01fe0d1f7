"""The fitted ranking finds out how much the noise decides."""

from __future__ import annotations

import pytest
import torch

from core.drafting.ranking import NoiseAwareRanking
from core.sampling.noise import GumbelNoise

VOCABULARY = 80


def teach(ranking: NoiseAwareRanking, sharpness: float, agreement: float, temperature: float) -> float:
    """Shows 400 choices of a target whose scores are `sharpness` times the draft's plus something of its own.

    Returns the mean log probability that the ranking gave to the choices of the second half.
    """
    generator = torch.Generator().manual_seed(1)
    noise = GumbelNoise(3, VOCABULARY)
    told = []
    for position in range(400):
        draft = torch.randn(VOCABULARY, generator=generator) * 2
        own = torch.randn(VOCABULARY, generator=generator) * 2
        target = sharpness * (agreement * draft + (1 - agreement**2) ** 0.5 * own)
        row = noise.row(position)
        choice = int((target / temperature + row).argmax())
        told.append(float(ranking.log_probabilities(draft[None], row[None], temperature)[0, choice]))
        ranking.learn(draft, row, temperature, choice)
    return sum(told[200:]) / 200


@pytest.mark.parametrize("temperature", [0.6, 1.0, 1.5])
def test_for_a_draft_that_equals_the_target_the_noise_decides_all(temperature: float) -> None:
    ranking = NoiseAwareRanking()
    assert teach(ranking, sharpness=1.0, agreement=1.0, temperature=temperature) > -0.4  # chance is -4.4
    a, b = ranking.weights
    assert a == pytest.approx(b, rel=0.15)  # a = b: argmax(draft + noise), known for certain
    assert b > 2.0


def test_for_a_target_far_surer_than_the_draft_the_noise_decides_little() -> None:
    ranking = NoiseAwareRanking()
    teach(ranking, sharpness=6.0, agreement=0.7, temperature=1.0)
    a, b = ranking.weights
    assert b < 0.5 < a


@pytest.mark.parametrize("temperature", [0.6, 1.0, 1.5])
@pytest.mark.parametrize("agreement", [0.5, 0.8, 0.95])
def test_looking_at_the_noise_never_predicts_worse_than_not_looking(agreement: float, temperature: float) -> None:
    with_noise = teach(NoiseAwareRanking(), 1.5, agreement, temperature)
    without = teach(NoiseAwareRanking(noise_aware=False), 1.5, agreement, temperature)
    assert with_noise > without - 0.01


def test_at_temperature_zero_the_draft_is_only_sharpened_or_softened() -> None:
    ranking = NoiseAwareRanking()
    draft = torch.tensor([2.0, 1.0, 0.0])
    for _ in range(200):
        ranking.learn(draft, None, 0.0, 0)
    a, _ = ranking.weights
    assert a > 2  # always right: surer than its own scores say
    assert ranking.log_probabilities(draft[None], None, 0.0).argmax() == 0
    for _ in range(400):
        ranking.learn(draft, None, 0.0, 2)
    assert ranking.weights[0] < 0.5  # always wrong: its scores mean little


def test_a_few_choices_that_nobody_could_expect_do_not_talk_it_out_of_trusting_the_draft() -> None:
    ranking = NoiseAwareRanking()
    draft = torch.linspace(12.0, 0.0, VOCABULARY)
    for position in range(300):
        ranking.learn(draft, None, 0.0, VOCABULARY - 1 if position % 20 == 10 else 0)
    assert ranking.weights[0] > 1.0


def test_without_noise_awareness_the_noise_has_no_say() -> None:
    ranking = NoiseAwareRanking(noise_aware=False)
    draft, noise = torch.tensor([[2.0, 1.0, 0.0]]), torch.tensor([[0.0, 0.0, 9.0]])
    assert torch.equal(ranking.log_probabilities(draft, noise, 1.0), ranking.log_probabilities(draft, None, 0.0))
