"""Budgets follow what passes cost and what trees bring, in machines that are made up."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from core.drafting.cost_curve import CostCurve
from core.drafting.economy import FEW, Economy
from core.drafting.ration import Ration
from core.drafting.step_cost import StepSpan


@dataclass
class Machine:
    """What steps take here, and what trees bring: a tree's node i is reached with probability chance * i^-1.3.

    Attributes:
        arithmetic: Seconds of a pass by nodes. stream: Seconds in which its weights arrive meanwhile.
        draft_seconds: Of a pass of the draft. overhead: Seconds for each node beside the pass.
        drafted_at_once: Nodes that a pass of the draft adds to a tree.
        sheltered: Seconds of drafting in which weights go on arriving.
        noise: How much longer than that a pass takes at most.
    """

    arithmetic: Callable[[int], float]
    stream: float = 0.0
    draft_seconds: float = 0.0
    overhead: float = 0.0
    drafted_at_once: int = 256
    sheltered: float = 0.0
    chance: float = 0.8
    noise: float = 0.0

    def probabilities(self, nodes: int) -> list[float]:
        return [1.0, *(self.chance * rank**-1.3 for rank in range(1, nodes))]

    def worth_drafting(self, probabilities: list[float], economy: Economy) -> int:
        """Passes of the draft that a tree takes which grows as long as that pays."""
        at_once = self.drafted_at_once
        for passes, start in enumerate(range(0, len(probabilities), at_once)):
            price = economy.draft_price(passes)
            gain = sum(probabilities[max(1, start) : start + at_once])
            if not gain or (price is not None and gain < price):
                return passes
        return math.ceil(len(probabilities) / at_once)

    def seconds(self, nodes: int, passes: int) -> tuple[float, float]:
        """Of a pass over so many nodes, and of the rest of the step."""
        drafting = self.draft_seconds * passes
        arriving = self.stream - min(drafting, self.sheltered)
        return max(arriving, self.arithmetic(nodes)), drafting + (self.overhead * nodes if passes else 0.0)

    def rate(self, nodes: int) -> float:
        """Tokens per second at a fixed budget."""
        passes = math.ceil(nodes / self.drafted_at_once) if nodes > 1 else 0
        return sum(self.probabilities(nodes)) / sum(self.seconds(nodes, passes))


def run(machine: Machine, economy: Economy, steps: int, ceiling: int = 256) -> tuple[float, list[int]]:
    """Tokens per second of a run with all that is learned in it, and the budgets in it."""
    economy.active = True
    draw = random.Random(1)
    tokens = seconds = owed = 0.0
    taken = []
    for _ in range(steps):
        offered = machine.probabilities(economy.budget(ceiling))
        passes = machine.worth_drafting(offered, economy)
        promised = offered[: max(1, passes * machine.drafted_at_once)]
        nodes = economy.nodes(promised)
        for _ in range(passes):
            economy.saw_draft(machine.draft_seconds)
        owed += sum(promised[:nodes]) - 1
        accepted, owed = int(owed), owed - int(owed)
        passed, rest = machine.seconds(nodes, passes)
        drafting = machine.draft_seconds * passes
        hidden = min(drafting, machine.sheltered)
        longer = 1 + machine.noise * draw.random()
        passed *= longer
        waited = max(0.0, passed - longer * machine.arithmetic(nodes))
        economy.saw_step(promised[:nodes], accepted, StepSpan(drafting, hidden, passed, waited, passed + rest))
        tokens, seconds = tokens + accepted + 1, seconds + passed + rest
        taken.append(nodes)
    return tokens / seconds, taken


MACHINES = {
    "everything resident": Machine(lambda nodes: 0.004 + 0.0005 * nodes, 0.0, 0.004),
    "plain decoding is best": Machine(lambda nodes: 0.004 + 0.0005 * nodes, 0.0, 0.02),
    "bound by the drive": Machine(lambda nodes: 0.1 + 0.01 * nodes, 1.5, 0.02),
    "bound by a slow drive": Machine(lambda nodes: 0.1 + 0.01 * nodes, 9.0, 0.02),
    "bound by the drive, and every node costs": Machine(lambda nodes: 0.02 + 0.0005 * nodes, 0.17, 0.01, 0.001),
    "one row is cheap": Machine(lambda nodes: 0.01 if nodes == 1 else 0.03 + 0.001 * nodes, 0.0, 0.001),
}


@pytest.mark.parametrize("noise", [0.0, 0.3])
@pytest.mark.parametrize("name", MACHINES)
def test_the_rate_comes_near_that_of_the_best_fixed_budget(name: str, noise: float) -> None:
    machine = replace(MACHINES[name], noise=noise)
    best = max(machine.rate(nodes) for nodes in range(1, 257))
    rate, _ = run(machine, Economy(), 300)
    assert rate >= 0.92 * best / (1 + noise / 2)


def test_large_trees_are_not_taken_for_free_because_the_first_passes_of_the_draft_are() -> None:
    machine = Machine(
        lambda nodes: 0.02 + 0.0002 * nodes, 0.165, 0.008, drafted_at_once=16, overhead=0.0003, sheltered=0.045
    )
    best = max(range(1, 257), key=machine.rate)
    rate, taken = run(machine, Economy(), 300)
    assert rate >= 0.92 * machine.rate(best)
    assert sum(taken[100:]) / len(taken[100:]) < 1.5 * best


def test_plain_decoding_is_not_tried_where_waiting_for_weights_shows_that_it_cannot_pay() -> None:
    _, taken = run(MACHINES["bound by a slow drive"], Economy(), 300)
    assert min(taken) > 1
    # Where trees are just so large that weights are hardly waited for, it does not show.
    _, taken = run(MACHINES["bound by the drive"], Economy(), 300)
    assert taken.count(1) <= 5


def test_looking_whether_drafting_pays_by_now_costs_little() -> None:
    for chance in (0.3, 0.5, 0.6):
        machine = Machine(lambda nodes: 0.0045 + 0.0005 * nodes, 0.0, 0.004, chance=chance)
        economy = Economy()
        run(machine, economy, 200)
        rate, _ = run(machine, economy, 1000)
        assert rate >= 0.985 * machine.rate(1)


def test_drafting_goes_off_where_it_does_not_pay_and_comes_back_where_it_does() -> None:
    machine = Machine(lambda nodes: 0.01 + 0.01 * nodes, 0.0, 0.05, chance=0.3)
    economy = Economy()
    _, taken = run(machine, economy, 200)
    assert economy.off
    assert economy.plain_rate > economy.rate
    assert sum(nodes > 1 for nodes in taken) < len(taken) / 5
    machine = Machine(lambda nodes: 0.02, 0.0, 0.0001, chance=0.9)
    run(machine, economy, 300)
    _, taken = run(machine, economy, 300)
    assert not economy.off
    assert sum(nodes > 1 for nodes in taken) > 0.9 * len(taken)


def test_a_source_that_takes_longer_than_it_is_worth_takes_part_less_and_less_until_it_earns_again() -> None:
    economy = Economy()
    machine = MACHINES["everything resident"]
    run(machine, economy, 50)

    def steps(brought: float, count: int) -> int:
        """In how many of them it took part; another source brings enough throughout."""
        took_part = 0
        for _ in range(count):
            tokens, seconds = {"good": 2.0}, {"good": 0.001}
            if economy.takes_part("doubtful"):
                took_part += 1
                tokens["doubtful"], seconds["doubtful"] = brought, 0.01
            assert economy.takes_part("good")
            economy.saw_sources(tokens, seconds)
        return took_part

    worth = economy.rate * 0.01
    assert steps(2 * worth, 50) == 50
    assert steps(0.1 * worth, 200) < 40
    assert economy.share("doubtful") < 0.1
    assert economy.share("good") == 1.0
    steps(2 * worth, 800)
    assert economy.share("doubtful") == 1.0
    assert steps(2 * worth, 50) == 50


def test_where_the_budget_is_fixed_every_source_takes_part() -> None:
    economy = Economy()
    for _ in range(50):
        assert economy.takes_part("doubtful")
        economy.saw_sources({}, {"doubtful": 1.0})
    assert economy.share("doubtful") == 1.0


def test_weights_that_are_waited_for_say_within_three_steps_how_large_trees_may_be() -> None:
    for machine in (MACHINES["bound by the drive"], MACHINES["bound by a slow drive"]):
        best = max(range(1, 257), key=machine.rate)
        for start in (FEW, 256):
            _, taken = run(machine, Economy(start), 10)
            assert all(abs(nodes - best) < 0.05 * best for nodes in taken[3:])


def test_a_pass_of_the_draft_costs_what_is_not_hidden_of_it() -> None:
    machine = Machine(lambda nodes: 0.02 + 0.0002 * nodes, 0.3, 0.01, drafted_at_once=16, sheltered=0.035)
    economy = Economy(256)
    assert economy.draft_price(0) is None
    run(machine, economy, 30)
    prices = [(economy.draft_price(passes) or 0.0) * economy._trust for passes in range(8)]
    assert max(prices[:3]) < 0.1 * economy.rate * machine.draft_seconds
    assert prices[3] == pytest.approx(0.5 * economy.rate * machine.draft_seconds, rel=0.1)
    assert prices[4:] == pytest.approx([economy.rate * machine.draft_seconds] * 4)


def test_drafting_hides_behind_nothing_where_no_weights_are_waited_for() -> None:
    machine = replace(MACHINES["everything resident"], sheltered=0.1)
    economy = Economy()
    run(machine, economy, 30)
    assert (economy.draft_price(0) or 0.0) * economy._trust == pytest.approx(economy.rate * machine.draft_seconds)


def test_trees_become_no_larger_than_they_are_worth_drafting() -> None:
    """All nodes are verified while weights arrive, but each takes two milliseconds to draft."""
    machine, economy = MACHINES["bound by a slow drive"], Economy(32)
    economy.active = True
    taken = []
    for _ in range(60):
        promised = machine.probabilities(economy.budget(256))
        nodes, drafting = economy.nodes(promised), 0.002 * len(promised)
        economy.saw_draft(drafting)
        accepted = 2 if nodes > 1 else 0
        economy.saw_step(promised[:nodes], accepted, StepSpan(drafting, 0.0, 0.1, 0.09, drafting + 0.1))
        taken.append(nodes)
    assert 1 < sum(taken[30:]) / 30 < 32
    assert not economy.off


def test_a_source_takes_part_as_often_as_its_share_says() -> None:
    for share in (0.4, 0.7, 1.0):
        ration = Ration()
        ration.share = share
        assert sum(ration.due() for _ in range(100)) == pytest.approx(100 * share, abs=1)


def test_what_is_hidden_of_drafting_is_charged_to_no_source() -> None:
    """One machine hides all of drafting, the other none."""
    for sheltered, least, most in ((1.0, 1.0, 1.0), (0.0, 0.0, 0.1)):
        machine = Machine(lambda nodes: 0.02, 0.5, 0.1, sheltered=sheltered)
        economy = Economy(256)
        run(machine, economy, 20)
        for _ in range(100):
            if economy.takes_part("slow"):
                economy.saw_sources({"slow": 0.1}, {"slow": 0.1})
        assert least <= economy.share("slow") <= most


def test_a_curve_goes_through_waiting_and_arithmetic() -> None:
    curve = CostCurve()
    draw = random.Random(2)
    for _ in range(60):
        rows = draw.randrange(1, 257)
        disturbed = 10.0 if draw.random() < 0.1 else 1.0
        curve.saw(rows, disturbed * max(0.5, 0.1 + 0.005 * rows) * (1 + 0.05 * draw.random()))
    for rows in (2, 16, 64, 128, 200, 256):
        assert curve.at(rows) == pytest.approx(max(0.5, 0.1 + 0.005 * rows), rel=0.15)


def test_a_curve_of_one_point_is_flat_for_few_rows_and_rises_for_many() -> None:
    curve = CostCurve()
    curve.saw(8, 2.0)
    assert curve.at(8) == pytest.approx(2.0)
    assert 0.9 * curve.at(8) < curve.at(4) < curve.at(16) < 1.2 * curve.at(8)
    assert curve.at(256) > 3 * curve.at(8)


def test_how_many_rows_fit_into_some_time() -> None:
    curve = CostCurve()
    for rows in (16, 32, 64, 128):
        curve.saw(rows, 0.1 + 0.01 * rows)
    assert curve.reach(0.05) == 0.0
    assert curve.reach(1.1) == pytest.approx(100.0)
    flat = CostCurve()
    for rows in (16, 32, 64):
        flat.saw(rows, 0.1)
    assert flat.reach(0.2) == math.inf


def test_a_size_that_was_not_seen_for_long_is_forgotten() -> None:
    curve = CostCurve()
    curve.saw(128, 50.0)
    for _ in range(40):
        curve.saw(32, 0.1)
        curve.saw(64, 0.2)
    assert curve.at(128) == pytest.approx(0.4)


def test_between_two_points_a_curve_is_a_line() -> None:
    curve = CostCurve()
    curve.saw(32, 0.1)
    curve.saw(128, 0.4)
    assert curve.at(80) == pytest.approx(0.25)
