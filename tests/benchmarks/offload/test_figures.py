"""The arithmetic between measured seconds and published ratios."""

from __future__ import annotations

import pytest

from tests.benchmarks.offload.figures import (
    Contender,
    Placement,
    efficiency,
    figures,
    placement_bars,
    same_replies,
    speed_bars,
    tree_ratio,
)
from tests.benchmarks.offload.job import PassResult, Reply, Result

GIB = 1 << 30


def reply(tokens: list[int], first_tokens: int, passes: list[float], read: int | None = None) -> Reply:
    """One whose first pass took 2 s, and in which all that took time were passes."""
    return Reply(tokens, first_tokens, 2.0, 2.0 + sum(passes), passes, read)


def result(*replies: Reply) -> Result:
    return Result("", 1.0, GIB, list(replies))


def contender(name: str, speed: Result | None, bar: float | None = None, failure: str = "") -> Contender:
    measured = figures(speed) if speed is not None else None
    return Contender(name, name, [], speed, measured, failure, None, bar, "")


def test_speed_is_that_of_whole_replies_and_beside_it_without_the_first_pass_and_all_its_tokens() -> None:
    drafted = figures(result(reply([1, 2, 3, 4, 5, 6, 7, 8], 3, [0.5, 0.75])))
    assert drafted.tokens_per_second == pytest.approx(8 / 3.25)
    assert drafted.decoding_per_second == pytest.approx(5 / 1.25)
    assert drafted.tokens_per_step == pytest.approx(8 / 3)
    assert drafted.first_seconds == 2.0


def test_replies_count_by_their_length_and_passes_by_their_median() -> None:
    both = figures(result(reply([1, 2, 3], 1, [1.0, 1.0], 300), reply([1, 2], 1, [7.0], 500)))
    assert both.tokens_per_second == pytest.approx(5 / 13)
    assert both.decoding_per_second == pytest.approx(3 / 9)
    assert both.tokens_per_step == pytest.approx(5 / 5)
    assert both.seconds_per_pass == 1.0
    assert both.read_per_token == pytest.approx(800 / 3)


def test_a_reply_of_one_pass_has_no_speed_after_it() -> None:
    one = figures(result(reply([1, 2], 2, [])))
    assert one.tokens_per_second == pytest.approx(1.0)
    assert one.decoding_per_second == 0.0


def test_replies_are_the_same_token_by_token() -> None:
    one = result(reply([1, 2], 1, [1.0]), reply([4, 5], 1, [1.0]))
    other = result(reply([1, 2], 2, []), reply([4, 6], 1, [1.0]))
    assert same_replies(one, other) == 1


def test_a_peer_is_beaten_from_its_bar_on() -> None:
    fast, slow = result(reply([1, 2, 3], 1, [0.5, 0.5])), result(reply([1, 2, 3], 1, [2.0, 2.0]))
    met, missed = speed_bars([contender("penjing", fast), contender("a", slow, 2.0), contender("b", slow, 2.1)])
    assert (met.measured, met.holds) == ("2.0 ×", True)
    assert not missed.holds


@pytest.mark.parametrize("who", ["penjing", "peer"])
def test_no_bar_holds_where_one_of_the_two_failed(who: str) -> None:
    fine = result(reply([1, 2, 3], 1, [0.5, 0.5]))
    taking_part = [
        contender(name, None if name == who else fine, 2.0 if name == "peer" else None, "killed" if name == who else "")
        for name in ("penjing", "peer")
    ]
    (bar,) = speed_bars(taking_part)
    assert (bar.measured, bar.holds) == ("killed", False)


def passes(one: list[float], many: list[float], peak: int = GIB) -> PassResult:
    return PassResult(0, 22, [0.9e9, 1.1e9], [one, many], [], 2 * 10**9, peak, [])


def test_efficiency_is_the_ideal_time_over_the_median_one() -> None:
    timed = passes([2.5, 2.0, 9.0], [4.0])
    assert efficiency(timed) == pytest.approx(2.0 / 2.5)
    assert efficiency(timed, 1) == pytest.approx(0.5)
    assert tree_ratio(timed) == pytest.approx(4.0 / 2.5)


def test_bars_on_passes_are_taken_where_most_streams_and_memory_everywhere() -> None:
    within = Placement(GIB, passes([2.2], [2.5]), "", None, "")
    above = Placement(2 * GIB, passes([9.0], [99.0], 2 * GIB + 1), "", None, "")
    killed = Placement(3 * GIB, None, "killed: out of memory", None, "")
    used, tree, memory = placement_bars([within, above, killed], [1, 64])
    assert used.holds
    assert tree.holds
    assert (memory.bar, memory.measured, memory.holds) == ("3 of 3", "1", False)
