"""What labels, cards and screen readers say."""

from __future__ import annotations

import pytest

from app.tree.wording import describe, exit_card, fold_card, label, node_card, percent
from tests.app.tree.steps import small_step, step, tree


@pytest.mark.parametrize(
    ("text", "shown"),
    [(" path", "path"), ("\n", "⏎"), (" \n", "⏎"), ("\t", "⇥"), ("  ", "␣␣"), ("", "∅"), ("a b", "a b")],
)
def test_a_label_shows_what_has_no_shape(text: str, shown: str) -> None:
    assert label(text) == shown


def test_a_step_is_told_in_words() -> None:
    assert describe(small_step()) == "5 nodes drafted, 3 deep. Accepted “ two or”, the target added “ more”."


def test_a_step_in_which_nothing_was_accepted_says_so() -> None:
    report = step(tree((-1, 0), exit_text="\n"))
    assert describe(report) == "1 node drafted, 1 deep. None was accepted; the target added “⏎”."


def test_a_step_without_a_tree_says_so() -> None:
    assert describe(step(tree((-1,)))) == "Nothing was drafted; the target added “ own”."


def test_a_node_card_has_every_fact() -> None:
    card = node_card(small_step().tree, 4, 2)
    assert (card.title, card.state) == ("“ of”", "drafted, not taken")
    assert dict(card.facts) == {
        "draft probability": "30%",
        "whole path": "24%",
        "rank": "2 of 2",
        "source": "draft model",
        "depth": "2",
        "id": "104",
    }


def test_the_exit_card_says_why_the_tree_was_left() -> None:
    assert "not among the nodes drafted here" in exit_card(small_step().tree, 3).state
    assert "the tree ended here" in exit_card(tree((-1, 0), accepted=(1,)), 2).state


def test_a_fold_card_names_the_likeliest_of_its_nodes_first() -> None:
    report = tree((-1, 0, 0, 0), (1.0, 0.9, 0.001, 0.005), texts=("a", "b", "c", "d"))
    assert fold_card(report, (2, 3), 1).state.endswith("“d” “c”")


@pytest.mark.parametrize(
    ("probability", "shown"),
    [(1.0, "100.0%"), (0.996, "99.6%"), (0.83, "83%"), (0.0951, "10%"), (0.034, "3.4%"), (0.0004, "< 0.1%")],
)
def test_probabilities_read_as_percent(probability: float, shown: str) -> None:
    assert percent(probability) == shown
