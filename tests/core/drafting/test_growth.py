"""Best-first growth finds the most probable paths."""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Sequence

import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from core.drafting.growth import CandidatePool, grow_best_first

VOCABULARY = 7


def conditional(seed: int, sharpness: float) -> Callable[[tuple[int, ...]], Tensor]:
    """A made-up language: log probabilities of the next token after any path."""

    def next_token(path: tuple[int, ...]) -> Tensor:
        generator = torch.Generator().manual_seed(hash((seed, path)) % 2**31)
        return (torch.randn(VOCABULARY, generator=generator) * sharpness).log_softmax(-1)

    return next_token


def path_of(node: int, pool: CandidatePool) -> tuple[int, ...]:
    return () if node < 0 else (*path_of(pool.parents[node], pool), pool.tokens[node])


def most_probable(language: Callable[[tuple[int, ...]], Tensor], budget: int, max_depth: int) -> list[float]:
    """Scores of the best paths, by expanding one node after the other in order of score."""
    heap: list[tuple[float, tuple[int, ...]]] = [(0.0, (0,))]
    best: list[float] = []
    while heap and len(best) < budget:
        score, path = heapq.heappop(heap)
        best.append(-score)
        if len(path) <= max_depth:
            for token, log_probability in enumerate(language(path).tolist()):
                heapq.heappush(heap, (score - log_probability, (*path, token)))
    return best


@given(st.integers(0, 10_000), st.floats(0.3, 6.0), st.integers(1, 40), st.integers(0, 9), st.integers(1, 40))
def test_the_tree_holds_the_most_probable_paths_whatever_the_batch_width(
    seed: int, sharpness: float, budget: int, max_depth: int, width: int
) -> None:
    language = conditional(seed, sharpness)

    def expand(nodes: Sequence[int], pool: CandidatePool) -> Tensor:
        assert len(nodes) <= max(width, 1)
        return torch.stack([language(path_of(node, pool)) for node in nodes])

    tree, _ = grow_best_first(0, expand, budget, max_depth, width, "test")
    expected = most_probable(language, budget, max_depth)
    assert len(tree) == len(expected)
    torch.testing.assert_close(torch.tensor(sorted(tree.scores, reverse=True)), torch.tensor(expected))
    assert tree.depth <= max_depth


@given(st.integers(0, 10_000), st.integers(2, 40))
def test_every_entry_of_the_tree_is_consistent(seed: int, budget: int) -> None:
    language = conditional(seed, 2.0)
    order: list[int] = []

    def expand(nodes: Sequence[int], pool: CandidatePool) -> Tensor:
        order.extend(nodes)
        return torch.stack([language(path_of(node, pool)) for node in nodes])

    tree, slots = grow_best_first(3, expand, budget, 20, 4, "test")
    for node in range(1, len(tree)):
        parent = tree.parents[node]
        assert 0 <= parent < node
        assert tree.depths[node] == tree.depths[parent] + 1
        path = tuple(tree.tokens[step] for step in tree.path(parent))
        log_probabilities = language(path)
        assert tree.probabilities[node] == float(log_probabilities[tree.tokens[node]].exp())
        assert int((log_probabilities > log_probabilities[tree.tokens[node]]).sum()) == tree.ranks[node]
        assert tree.sources[node] == "test"
    # A node that has children was expanded; rows are numbered in the order of expansion, the root apart.
    assert all(slots[parent] >= 0 for parent in tree.parents if parent > 0)
    used = [slot for slot in slots if slot >= 0]
    assert len(set(used)) == len(used)
    assert max(used, default=-1) < len(order) - 1


@given(st.integers(0, 10_000), st.floats(0.3, 6.0), st.integers(2, 40), st.floats(0.0, 0.5))
def test_growth_that_ends_early_loses_no_more_than_was_worthwhile(
    seed: int, sharpness: float, budget: int, worthwhile: float
) -> None:
    language = conditional(seed, sharpness)

    def expand(nodes: Sequence[int], pool: CandidatePool) -> Tensor:
        return torch.stack([language(path_of(node, pool)) for node in nodes])

    expected, found = (
        sum(map(math.exp, grow_best_first(0, expand, budget, 20, 4, "test", least)[0].scores))
        for least in (0.0, worthwhile)
    )
    assert found <= expected + 1e-6
    assert found >= expected - max(budget * worthwhile, 1e-6)


def test_a_budget_of_one_drafts_nothing() -> None:
    def expand(nodes: Sequence[int], pool: CandidatePool) -> Tensor:
        raise AssertionError("nothing to expand")

    tree, slots = grow_best_first(5, expand, 1, 10, 8, "test")
    assert tree.tokens == (5,)
    assert slots == [-1]
