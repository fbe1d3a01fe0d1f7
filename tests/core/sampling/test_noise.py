"""The noise is Gumbel noise, and a pure function of seed, position and token."""

from __future__ import annotations

import math

import torch
from hypothesis import given
from hypothesis import strategies as st

from core.sampling.noise import GumbelNoise

seeds = st.integers(0, 2**63 - 1)
positions = st.integers(0, 1_000_000)


@given(seeds, positions, st.integers(2, 200))
def test_a_token_has_the_same_noise_in_every_vocabulary_and_after_any_other_position(
    seed: int, position: int, vocabulary: int
) -> None:
    alone = GumbelNoise(seed, vocabulary).row(position)
    noise = GumbelNoise(seed, 300)
    for other in (position + 3, position + 1, 0):
        noise.row(other)
    assert torch.equal(alone, noise.rows([position, position + 1])[0][:vocabulary])


@given(seeds, positions, st.integers(0, 200))
def test_the_noise_of_one_token_is_that_of_its_row(seed: int, position: int, token: int) -> None:
    noise = GumbelNoise(seed, 201)
    assert math.isclose(noise.at(position, token), float(noise.row(position)[token]), rel_tol=1e-5, abs_tol=1e-6)


def test_the_noise_is_fixed_for_ever() -> None:
    """A saved chat with its seed must give the same reply in every later version, on every machine."""
    row = GumbelNoise(7, 4).row(3)
    torch.testing.assert_close(row, torch.tensor([1.8454632, 2.2698426, -0.7301838, 4.2685962]), atol=1e-6, rtol=0)


@given(seeds, seeds, positions, positions)
def test_other_seeds_and_positions_give_other_noise(a: int, b: int, p: int, q: int) -> None:
    same = torch.equal(GumbelNoise(a, 50).row(p), GumbelNoise(b, 50).row(q))
    assert same == ((a, p) == (b, q))


def test_values_follow_the_gumbel_distribution_and_neighbours_are_independent() -> None:
    rows = GumbelNoise(11, 2000).rows(range(90)).double()
    count = rows.numel()
    # Kolmogorov-Smirnov against exp(-exp(-x)); 1.95 / sqrt(n) is its 0.001 bound.
    ordered = rows.flatten().sort().values
    distance = ((-(-ordered).exp()).exp() - torch.arange(1, count + 1) / count).abs().max()
    assert distance < 1.95 / math.sqrt(count)
    for left, right in ((rows[1:], rows[:-1]), (rows[:, 1:], rows[:, :-1]), (rows[2:], rows[:-2])):
        correlation = torch.corrcoef(torch.stack([left.flatten(), right.flatten()]))[0, 1]
        assert abs(correlation) < 4 / math.sqrt(count)


def test_memory_stays_bounded_and_old_positions_come_back_the_same() -> None:
    noise = GumbelNoise(5, 10)
    first = noise.row(0).clone()
    for position in range(1, 500):
        noise.row(position)
    assert len(noise._rows) <= noise._KEPT
    assert torch.equal(noise.row(0), first)
