"""What every growth policy keeps to, and what sets each apart."""

from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.drafting.drafter import Outcome
from core.drafting.growth.policies import POLICIES, make_growth
from core.drafting.growth.sequoia import Sequoia, best_splits
from core.drafting.ranked_memory import RankedMemory
from core.drafting.shortlist_ranking import ShortlistRanking
from core.drafting.tree_drafter import TreeDrafter
from core.sampling.sampler import Sampler
from core.sampling.settings import Sampling
from core.trees.token_tree import TokenTree
from tests.core.drafting.languages import VOCABULARY, Reciter, Speaker, made_up

SAMPLER = Sampler(Sampling(), VOCABULARY)


def grow(policy: str, speaker: Speaker | None, memories: list[RankedMemory], budget: int, max_depth: int) -> TokenTree:
    return TreeDrafter(speaker, memories, make_growth(policy)).grow([3], budget, max_depth, SAMPLER)


@pytest.mark.parametrize("policy", POLICIES)
@given(st.integers(0, 10_000), st.floats(0.5, 6.0), st.integers(1, 40), st.integers(0, 9), st.integers(1, 3))
def test_every_policy_grows_a_tree_within_budget_depth_and_rows(
    policy: str, seed: int, sharpness: float, budget: int, max_depth: int, sources: int
) -> None:
    language = made_up(seed, sharpness)
    speaker = Speaker(language, rows=2 * budget) if sources & 1 else None
    memories = [RankedMemory(Reciter(made_up(seed, 2.0)), ShortlistRanking())] if sources & 2 else []
    tree = grow(policy, speaker, memories, budget, max_depth)
    assert len(tree) <= budget
    assert tree.depth <= max_depth
    assert len({(parent, token) for parent, token in zip(tree.parents, tree.tokens, strict=True)}) == len(tree)
    for node in range(1, len(tree)):
        assert tree.parents[node] < node
        assert tree.depths[node] == tree.depths[tree.parents[node]] + 1
        assert tree.scores[node] <= tree.scores[tree.parents[node]]
        assert tree.sources[node]
    if speaker is not None:
        assert speaker.room >= 0
        expanded = list(itertools.chain(*speaker.batches))
        assert len(set(expanded)) == len(expanded)


def test_a_chain_is_a_chain() -> None:
    tree = grow("chain", Speaker(made_up(1, 6.0)), [], 8, 20)
    assert tree.parents == tuple(range(-1, len(tree) - 1))
    assert 3 <= len(tree) <= 8
    assert set(tree.ranks) == {0}


def test_opt_tree_asks_level_by_level_and_dyspec_about_whatever_is_likely() -> None:
    language = made_up(5, 2.0)
    for policy in ("opt-tree", "dyspec"):
        speaker = Speaker(language)
        drafter = TreeDrafter(speaker, [], make_growth(policy))
        drafter.grow([3], 32, 20, SAMPLER)
        pool = drafter._pool
        levels = [{pool.depths[node] for node in batch} for batch in speaker.batches]
        assert len(levels) > 2
        if policy == "opt-tree":
            assert all(len(level) == 1 for level in levels)
            assert [min(level) for level in levels] == list(range(len(levels)))
        else:
            assert all(math.exp(pool.scores[node]) >= 1 / 32 for batch in speaker.batches for node in batch)


def worth(size: int, acceptance: list[float], splits: list[list[int]]) -> float:
    """Expected tokens of a tree of that size, split that way."""
    return 1.0 + sum(
        p * worth(part, acceptance, splits) for p, part in zip(acceptance, splits[size], strict=True) if part
    )


def partitions(total: int, parts: int) -> list[list[int]]:
    """All ways to share at most so many nodes between the subtrees of a root, some of which may be empty."""
    if parts == 0:
        return [[]]
    return [[first, *rest] for first in range(total + 1) for rest in partitions(total - first, parts - 1)]


@given(st.lists(st.floats(0.01, 0.9), min_size=1, max_size=3), st.integers(1, 9))
def test_the_dynamic_program_finds_the_best_shape(acceptance: list[float], budget: int) -> None:
    splits = best_splits(acceptance, budget)
    best = [0.0]
    for nodes in range(1, budget + 1):
        ways = partitions(nodes - 1, len(acceptance))
        best.append(max(1.0 + sum(p * best[part] for p, part in zip(acceptance, way, strict=True)) for way in ways))
        assert sum(splits[nodes]) <= nodes - 1
    assert worth(budget, acceptance, splits) == pytest.approx(best[budget])


def test_sequoia_learns_which_ranks_are_taken() -> None:
    """Where the first child is always taken the shape becomes a chain."""
    policy = Sequoia()
    chain = TokenTree((1, 2, 3), (-1, 0, 1), (0, 1, 2), (1.0,) * 3, (0.0,) * 3, (0, 0, 0), ("", "a", "a"))
    drafter = TreeDrafter(Speaker(made_up(2, 1.0)), [], policy)
    before = drafter.grow([3], 12, 20, SAMPLER)
    for _ in range(300):
        policy.observe(chain, Outcome((0, 1, 2), (2, 3, 4), (1.0, 1.0, 1.0)))
    after = drafter.grow([3], 12, 20, SAMPLER)
    assert before.depth < after.depth == 11
