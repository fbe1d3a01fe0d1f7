"""What the target thought, against the plainest way to work it out."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from core.decoding.verdict import judge
from core.drafting.drafter import Outcome
from core.trees.token_tree import TokenTree

VOCABULARY = 23


@given(st.lists(st.tuples(st.integers(0, 99), st.integers(0, VOCABULARY - 1)), max_size=50), st.integers(0, 9999))
def test_probabilities_and_ranks_are_those_of_the_scores_above(drawn: list[tuple[int, int]], seed: int) -> None:
    parents = (-1, *(back % node for node, (back, _) in enumerate(drawn, start=1)))
    tokens = (0, *(token for _, token in drawn))
    count = len(tokens)
    tree = TokenTree(tokens, parents, (0,) * count, (1.0,) * count, (0.0,) * count, (0,) * count, ("",) * count)
    logits = torch.randn(count, VOCABULARY, generator=torch.Generator().manual_seed(seed)) * 3
    choice = seed % VOCABULARY
    verdict = judge(tree, Outcome((count - 1,), (choice,), (1.0,)), logits)
    assert (verdict.probabilities[0], verdict.ranks[0]) == (1.0, 0)
    asked = [*zip(parents[1:], tokens[1:], strict=True), (count - 1, choice)]
    told = zip(
        (*verdict.probabilities[1:], *verdict.choice_probabilities),
        (*verdict.ranks[1:], *verdict.choice_ranks),
        strict=True,
    )
    for (row, token), (probability, rank) in zip(asked, told, strict=True):
        shares = logits[row].softmax(0).tolist()
        assert probability == pytest.approx(shares[token], rel=1e-4)
        assert rank == sum(share > shares[token] for share in shares)


def test_half_precision_is_judged_in_full() -> None:
    tree = TokenTree.root_only(3)
    logits = torch.zeros(1, 100_000, dtype=torch.bfloat16)
    assert judge(tree, Outcome((0,), (5,), (0.0,)), logits).choice_probabilities == pytest.approx((1e-5,))
