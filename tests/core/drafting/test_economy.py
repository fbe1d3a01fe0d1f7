"""Budgets follow what passes cost and what trees bring, in machines that are made up."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from core.drafting.cost_curve import CostCurve
from core.drafting.economy import Economy


@dataclass
class Machine:
    """What passes take here, and what trees bring: a tree's node i is reached with probability chance * i^-1.3."""

    pass_seconds: Callable[[int], float]
    draft_seconds: float
    chance: float = 0.8
    noise: float = 0.0

    def probabilities(self, nodes: int) -> list[float]:
        return [1.0, *(self.chance * rank**-1.3 for rank in range(1, nodes))]

    def rate(self, nodes: int) -> float:
        """Tokens per second at a fixed budget."""
        drafting = self.draft_seconds if nodes > 1 else 0.0
        return sum(self.probabilities(nodes)) / (self.pass_seconds(nodes) + drafting)


def run(machine: Machine, economy: Economy, steps: int, ceiling: int = 256) -> tuple[float, list[int]]:
    """Tokens per second of the second half of a run, and the budgets in it."""
    draw = random.Random(1)
    tokens = seconds = 0.0
    taken = []
    owed = 0.0
    for step in range(steps):
        nodes = economy.budget(ceiling)
        promised = machine.probabilities(nodes)
        nodes = economy.nodes(promised)
        owed += sum(promised[:nodes]) - 1
        accepted, owed = int(owed), owed - int(owed)
        passed = machine.pass_seconds(nodes) * (1 + machine.noise * draw.random())
        whole = passed + (machine.draft_seconds if nodes > 1 else 0.0)
        economy.saw_step(promised[:nodes], accepted, passed, whole)
        if step >= steps // 2:
            tokens, seconds = tokens + accepted + 1, seconds + whole
            taken.append(nodes)
    return tokens / seconds, taken


MACHINES = {
    "everything resident": Machine(lambda nodes: 0.004 + 0.0005 * nodes, 0.004),
    "bound by the drive": Machine(lambda nodes: max(1.5, 0.1 + 0.01 * nodes), 0.02),
    "bound by a slow drive": Machine(lambda nodes: max(9.0, 0.1 + 0.01 * nodes), 0.02),
    "one row is cheap": Machine(lambda nodes: 0.01 if nodes == 1 else 0.03 + 0.001 * nodes, 0.001),
}


@pytest.mark.parametrize("noise", [0.0, 0.3])
@pytest.mark.parametrize("name", MACHINES)
def test_the_rate_comes_near_that_of_the_best_fixed_budget(name: str, noise: float) -> None:
    machine = MACHINES[name]
    best = max(machine.rate(nodes) for nodes in range(1, 257))
    machine.noise = noise
    rate, _ = run(machine, Economy(), 400)
    assert rate >= 0.92 * best / (1 + noise / 2)


def test_drafting_goes_off_where_it_does_not_pay_and_comes_back_where_it_does() -> None:
    machine = Machine(lambda nodes: 0.01 + 0.01 * nodes, 0.05, chance=0.3)
    economy = Economy()
    _, taken = run(machine, economy, 200)
    assert economy.off
    assert economy.plain_rate > economy.rate
    assert sum(nodes > 1 for nodes in taken) < len(taken) / 5
    machine.draft_seconds, machine.chance = 0.0001, 0.9
    machine.pass_seconds = lambda nodes: 0.02
    _, taken = run(machine, economy, 600)
    assert not economy.off
    assert sum(nodes > 1 for nodes in taken) > 0.9 * len(taken)


def test_a_curve_goes_through_waiting_and_arithmetic() -> None:
    curve = CostCurve()
    draw = random.Random(2)
    for _ in range(60):
        rows = draw.randrange(1, 257)
        disturbed = 10.0 if draw.random() < 0.1 else 1.0
        curve.saw(rows, disturbed * max(0.5, 0.1 + 0.005 * rows) * (1 + 0.05 * draw.random()))
    for rows in (2, 16, 64, 128, 200, 256):
        assert curve.at(rows) == pytest.approx(max(0.5, 0.1 + 0.005 * rows), rel=0.15)


def test_a_curve_of_one_point_is_flat() -> None:
    curve = CostCurve()
    curve.saw(1, 2.0)
    assert curve.at(1) == curve.at(100) == 2.0
