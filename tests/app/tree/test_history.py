"""The history of a reply: which step is looked at, and what was committed before it."""

from __future__ import annotations

from app.tree.history import GAP, History, committed_texts
from tests.app.tree.steps import small_step, step, tree


def history(steps: int) -> History:
    result = History()
    for number in range(steps):
        result.add(small_step(number))
    return result


def test_a_live_history_looks_at_the_newest_step() -> None:
    seen = history(3)
    assert seen.index == 2
    assert seen.live


def test_looking_back_holds_the_step_while_others_come() -> None:
    seen = history(3)
    seen.go(0)
    seen.add(small_step(3))
    assert (seen.index, seen.live) == (0, False)
    seen.go(99)
    assert (seen.index, seen.live) == (3, True)


def test_committed_texts_are_the_accepted_path_and_the_targets_own() -> None:
    assert committed_texts(small_step()) == [" two", " or", " more"]


def test_a_reply_that_ends_within_the_path_commits_only_what_was_committed() -> None:
    whole = small_step()
    assert committed_texts(step(whole.tree)) == [" two", " or", " more"]
    cut = type(whole)(
        whole.step, whole.tree, whole.committed[:1], " two", whole.nodes, whole.depth, whole.seconds, 0, 0, 0, 0
    )
    assert committed_texts(cut) == [" two"]


def test_the_spine_is_what_was_committed_before_the_root() -> None:
    seen = history(2)
    assert seen.spine(10) == [GAP, " two", " or"]
    assert seen.spine(1) == [" or"]
    seen.go(0)
    assert seen.spine(10) == [GAP]


def test_a_missing_step_leaves_a_gap_in_the_spine() -> None:
    seen = History()
    assert not seen.add(small_step(0))
    assert seen.add(small_step(1))
    assert not seen.add(small_step(5))
    assert seen.spine(3)[-1] == GAP


def test_accepted_tokens_are_averaged_over_all_steps() -> None:
    seen = history(1)
    seen.add(step(tree((-1, 0)), 1))
    assert seen.accepted_mean == 1.0
