"""Several sources make one tree, and the budget goes to the nodes likeliest to be accepted."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence

import torch
from hypothesis import given
from hypothesis import strategies as st

from core.drafting.drafter import Outcome
from core.drafting.economy import Economy
from core.drafting.growth.specexec import SpecExec
from core.drafting.ranked_memory import RankedMemory
from core.drafting.shortlist_ranking import ShortlistRanking
from core.drafting.tree_drafter import TreeDrafter, credits_by_source
from core.sampling.sampler import Sampler
from core.sampling.settings import Sampling
from core.trees.token_tree import TokenTree
from tests.core.drafting.languages import VOCABULARY, Language, Reciter, Speaker, made_up

GREEDY = Sampler(Sampling(), VOCABULARY)


def merged(speaker: Speaker | None, *reciters: Reciter) -> TreeDrafter:
    return TreeDrafter(speaker, [RankedMemory(each, ShortlistRanking()) for each in reciters], SpecExec())


def follow(tree: TokenTree, language: Language, text: Sequence[int]) -> Outcome:
    """What a target makes of a tree if it always takes a language's best token after `text`."""
    path, choices = [0], []
    children = tree.children()
    drafted = tuple(text)
    while True:
        choice = int(language(drafted).argmax())
        choices.append(choice)
        child = children[path[-1]].get(choice)
        if child is None:
            return Outcome(tuple(path), tuple(choices), (1.0,) * len(choices))
        path.append(child)
        drafted = (*drafted, choice)


def reply(drafter: TreeDrafter, language: Language, steps: int, budget: int) -> list[TokenTree]:
    trees = []
    for _ in range(steps):
        trees.append(drafter.grow([0], budget, 12, GREEDY))
        drafter.observe(trees[-1], follow(trees[-1], language, ()), torch.zeros(len(trees[-1]), VOCABULARY))
    return trees


def test_a_node_that_two_sources_propose_stands_once_and_names_both() -> None:
    language = made_up(3, 4.0)
    tree = merged(Speaker(language), Reciter(language, "one"), Reciter(language, "two")).grow([0], 24, 12, GREEDY)
    edges = list(zip(tree.parents, tree.tokens, strict=True))
    assert len(set(edges)) == len(edges)
    names = [set(sources.split("+")) for sources in tree.sources[1:]]
    assert {"speaker", "one", "two"} in names
    assert tree.sources[0] == ""


@given(st.integers(0, 1000), st.integers(2, 32))
def test_without_a_model_memories_make_the_tree(seed: int, budget: int) -> None:
    language = made_up(seed, 3.0)
    tree = merged(None, Reciter(language)).grow([0], budget, 12, GREEDY)
    assert len(tree) > 1
    assert set(tree.sources[1:]) == {"reciter"}


def test_a_memory_that_is_always_right_spares_the_model_its_passes() -> None:
    language = made_up(4, 8.0)
    speaker = Speaker(language)
    drafter = merged(speaker, Reciter(language, most=1))
    asked = []
    for _ in range(60):
        speaker.batches.clear()
        tree = drafter.grow([0], 8, 12, GREEDY)
        asked.append(len(speaker.batches))
        outcome = follow(tree, language, ())
        drafter.observe(tree, outcome, torch.zeros(len(tree), VOCABULARY))
    assert asked[0] > 0 == asked[-1]
    assert len(outcome.path) == 8


def test_a_memory_that_is_always_wrong_gets_fewer_and_fewer_nodes() -> None:
    language, wrong = made_up(5, 3.0), made_up(6, 3.0)

    def other(path: tuple[int, ...]) -> torch.Tensor:
        scores = wrong(path)
        return torch.where(language(path) == language(path).max(), scores.min() - 9, scores).log_softmax(-1)

    trees = reply(merged(None, Reciter(language, "right"), Reciter(other, "wrong")), language, 40, 16)
    by_wrong = [sum("wrong" in sources for sources in tree.sources) for tree in trees]
    assert by_wrong[0] >= 4
    assert by_wrong[-1] <= by_wrong[0] / 2
    # And the tree is better for it.
    first, last = (len(follow(tree, language, ()).path) for tree in (trees[0], trees[-1]))
    assert last >= first


def test_what_the_model_finds_unlikely_falls_with_all_that_is_below_it() -> None:
    language, wrong = made_up(7, 4.0), made_up(8, 6.0)
    tree = merged(Speaker(language), Reciter(wrong)).grow([0], 24, 12, GREEDY)
    for node in range(1, len(tree)):
        parent = tree.parents[node]
        assert math.isclose(tree.scores[node], tree.scores[parent] + math.log(tree.probabilities[node]), abs_tol=1e-6)


def test_seconds_are_told_for_every_source() -> None:
    language = made_up(3, 4.0)
    drafter = merged(Speaker(language), Reciter(language, "one"))
    tree = drafter.grow([0], 8, 12, GREEDY)
    seconds = drafter.observe(tree, follow(tree, language, ()), torch.zeros(len(tree), VOCABULARY))
    assert set(seconds) == {"speaker", "one"}
    assert all(value > 0 for value in seconds.values())


def test_a_source_that_does_not_earn_its_time_is_seldom_asked_and_the_reports_say_so() -> None:
    """A slow memory that is always wrong, where tokens come at a thousand a second."""
    language, wrong = made_up(5, 3.0), made_up(6, 3.0)

    class Slow(Reciter):
        asked = 0

        def begin(self, context: Sequence[int]) -> None:
            self.asked += 1
            time.sleep(0.003)

    def other(path: tuple[int, ...]) -> torch.Tensor:
        scores = wrong(path)
        return torch.where(language(path) == language(path).max(), scores.min() - 9, scores).log_softmax(-1)

    slow, economy = Slow(other, "slow"), Economy()
    ranked = [RankedMemory(each, ShortlistRanking()) for each in (Reciter(language, "good"), slow)]
    drafter = TreeDrafter(None, ranked, SpecExec(), economy)
    economy.active = True
    for step in range(80):
        economy._tokens, economy._seconds = 1000.0, 1.0
        tree = drafter.grow([0], 16, 12, GREEDY)
        seconds = drafter.observe(tree, follow(tree, language, ()), torch.zeros(len(tree), VOCABULARY))
        assert set(seconds) == {"good", "slow"}
        if step == 0:
            assert any("slow" in sources for sources in tree.sources)
    assert slow.asked < 40
    assert economy.share("slow") < 0.2


def test_a_source_is_credited_with_what_would_be_missing_without_it() -> None:
    """One path: both propose the first node, then the model alone, the memory alone, and both."""
    sources = ("", "lookup+model", "model", "lookup", "model+lookup")
    parents, zeros = (-1, 0, 1, 2, 3), (0.0,) * 5
    tree = TokenTree((1, 2, 3, 4, 5), parents, (0, 1, 2, 3, 4), zeros, zeros, (0,) * 5, sources)
    assert credits_by_source(tree, (0, 1, 2, 3, 4)) == {"model": 3, "lookup": 2}
    assert credits_by_source(tree, (0, 1)) == {}
    assert credits_by_source(tree, (0,)) == {}
