"""What labels, cards and screen readers say."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.tree.wording import describe, exit_card, fold_card, label, node_card, percent, step_facts
from core.decoding.report import SourceReport
from tests.app.tree.steps import small_step, step, tree


@pytest.mark.parametrize(
    ("text", "shown"),
    [(" path", "·path"), ("\n", "⏎"), (" \n", "·⏎"), ("\t", "⇥"), ("  ", "··"), ("", "∅"), ("a b", "a·b")],
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
    tree = small_step().tree
    card = node_card(tree, 4, 2)
    assert (card.title, card.state, card.text) == ("“ of”", "drafted, not taken", " Join two of")
    assert dict(card.facts) == {
        "draft": "30%",
        "chance": "30%",
        "draft's rank": "2 of 2",
        "source": "draft model",
        "target": "–",
        "target's rank": "–",
        "depth": "2",
        "whole path": "24%",
        "id": "104",
    }
    told = replace(
        tree,
        beliefs=(1.0, 0.7, 0.1, 0.5, 0.25, 0.9),
        target_probabilities=(1.0, 0.9, 0.1, 0.8, 0.06, 0.5),
        target_ranks=(0, 0, 1, 0, 12, 0),
    )
    facts = dict(node_card(told, 4, 2).facts)
    assert (facts["draft"], facts["chance"], facts["target"], facts["target's rank"]) == ("25%", "30%", "6.0%", "13")


def test_the_exit_card_tells_what_the_target_thought_of_its_choice() -> None:
    told = replace(small_step().tree, exit_probability=0.62, exit_rank=1)
    card = exit_card(told, 3)
    assert card.text == " Join two or more"
    assert card.facts[:2] == (("target", "62%"), ("target's rank", "2"))


def test_a_step_tells_what_each_source_did() -> None:
    report = replace(small_step(), sources={"lookup": SourceReport(1, 0, 0.001), "model": SourceReport(5, 2, 0.02)})
    assert step_facts(report)[3:] == (("draft model", "2 of 5, 20 ms"), ("prompt lookup", "0 of 1, 1.0 ms"))


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
