"""Best-first growth finds the most probable paths."""

from __future__ import annotations

import heapq
import math

import torch
from hypothesis import given
from hypothesis import strategies as st

from core.drafting.economy import Economy
from core.drafting.growth.specexec import SpecExec
from core.drafting.tree_drafter import TreeDrafter
from core.sampling.sampler import Sampler
from core.sampling.settings import Sampling
from core.trees.token_tree import TokenTree
from tests.core.drafting.languages import VOCABULARY, Language, Speaker, made_up

SAMPLER = Sampler(Sampling(), VOCABULARY)


def grow(speaker: Speaker, budget: int, max_depth: int, width: int = 4, worthwhile: float = 0.0) -> TokenTree:
    return TreeDrafter(speaker, [], SpecExec(width, worthwhile)).grow([0], budget, max_depth, SAMPLER)


def most_probable(language: Language, budget: int, max_depth: int) -> list[float]:
    """Scores of the best paths, by expanding one node after the other in order of score."""
    heap: list[tuple[float, tuple[int, ...]]] = [(0.0, ())]
    best: list[float] = []
    while heap and len(best) < budget:
        score, path = heapq.heappop(heap)
        best.append(-score)
        if len(path) < max_depth:
            for token, log_probability in enumerate(language(path).tolist()):
                heapq.heappush(heap, (score - log_probability, (*path, token)))
    return best


@given(st.integers(0, 10_000), st.floats(0.3, 6.0), st.integers(1, 40), st.integers(0, 9), st.integers(1, 40))
def test_the_tree_holds_the_most_probable_paths_whatever_the_batch_width(
    seed: int, sharpness: float, budget: int, max_depth: int, width: int
) -> None:
    language = made_up(seed, sharpness)
    speaker = Speaker(language)
    tree = grow(speaker, budget, max_depth, width)
    expected = most_probable(language, budget, max_depth)
    assert len(tree) == len(expected)
    torch.testing.assert_close(torch.tensor(sorted(tree.scores, reverse=True)), torch.tensor(expected))
    assert tree.depth <= max_depth
    assert all(len(batch) <= width for batch in speaker.batches)


@given(st.integers(0, 10_000), st.integers(2, 40))
def test_every_entry_of_the_tree_is_consistent(seed: int, budget: int) -> None:
    language = made_up(seed, 2.0)
    tree = grow(Speaker(language), budget, 20)
    for node in range(1, len(tree)):
        parent = tree.parents[node]
        assert 0 <= parent < node
        assert tree.depths[node] == tree.depths[parent] + 1
        path = tuple(tree.tokens[step] for step in tree.path(parent)[1:])
        log_probabilities = language(path)
        assert math.isclose(tree.probabilities[node], float(log_probabilities[tree.tokens[node]].exp()), rel_tol=1e-5)
        assert int((log_probabilities > log_probabilities[tree.tokens[node]]).sum()) == tree.ranks[node]
        assert tree.sources[node] == "speaker"


@given(st.integers(0, 10_000), st.floats(0.3, 6.0), st.integers(2, 40), st.floats(0.0, 0.5))
def test_growth_that_ends_early_loses_no_more_than_was_worthwhile(
    seed: int, sharpness: float, budget: int, worthwhile: float
) -> None:
    language = made_up(seed, sharpness)
    expected, found = (
        sum(map(math.exp, grow(Speaker(language), budget, 20, worthwhile=least).scores)) for least in (0.0, worthwhile)
    )
    assert found <= expected + 1e-6
    assert found >= expected - max(budget * worthwhile, 1e-6)


def test_a_budget_of_one_drafts_nothing() -> None:
    speaker = Speaker(made_up(0, 1.0))
    assert grow(speaker, 1, 10) == TokenTree.root_only(0)
    assert not speaker.batches


def test_rounds_that_brought_less_than_their_price_are_left_out() -> None:
    """A flat language promises much at every round, and each child is unlikely."""
    speaker = Speaker(made_up(9, 0.5))
    economy = Economy()
    drafter = TreeDrafter(speaker, [], SpecExec(width=2), economy)
    rounds = []
    for _ in range(60):
        # Ten tokens per second, and 30 ms for a pass of the draft: it must bring 0.3 tokens.
        economy.active, economy.draft_seconds = True, 0.03
        economy._tokens, economy._seconds = 10.0, 1.0
        speaker.batches.clear()
        drafter.grow([0], 24, 12, SAMPLER)
        rounds.append(len(speaker.batches))
        economy._drafts.clear()
    assert rounds[-1] < rounds[0]
    assert rounds[-1] >= 1
