"""The table of successors against a dictionary."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from core.drafting.successor_table import WIDTH, SuccessorTable

VOCABULARY = 40


def certain(token: int) -> torch.Tensor:
    """Scores of a target that is sure of `token`, [1, vocabulary]."""
    logits = torch.full((1, VOCABULARY), -torch.inf)
    logits[0, token] = 5.0
    return logits


@given(
    st.lists(st.lists(st.integers(0, VOCABULARY - 1), min_size=1, max_size=20), max_size=5),
    st.sampled_from([torch.float32, torch.bfloat16, torch.float16]),
    st.integers(0, 1000),
)
def test_a_row_is_a_fading_average_of_what_was_said_at_the_token(
    steps: list[list[int]], dtype: torch.dtype, seed: int
) -> None:
    generator = torch.Generator().manual_seed(seed)
    table = SuccessorTable(VOCABULARY)
    expected: dict[int, dict[int, float]] = {}
    for tokens in steps:
        # No two alike, so that there is one right order.
        ranks = torch.stack([torch.randperm(VOCABULARY, generator=generator) for _ in tokens])
        logits = (ranks / 4).to(dtype)
        table.learn(tokens, logits)
        for token, row in zip(tokens, logits.float().softmax(1), strict=True):
            heard = {int(index): float(row[index]) for index in row.topk(WIDTH).indices}
            before = expected.get(token)
            if before is not None:
                either = before.keys() | heard.keys()
                heard = {index: 0.7 * before.get(index, 0.0) + 0.3 * heard.get(index, 0.0) for index in either}
            expected[token] = dict(sorted(heard.items(), key=lambda entry: -entry[1])[:WIDTH])
    for token in range(VOCABULARY):
        assert dict(table.successors(token)) == pytest.approx(expected.get(token, {}), rel=1e-4)
        shares = [share for _, share in table.successors(token)]
        assert shares == sorted(shares, reverse=True)


def test_a_token_that_was_never_seen_has_no_successors() -> None:
    table = SuccessorTable(VOCABULARY)
    table.learn([3], certain(7))
    assert table.successors(3) == [(7, 1.0)]
    assert table.successors(2) == table.successors(4) == []


def test_what_is_said_from_now_on_takes_over() -> None:
    table = SuccessorTable(VOCABULARY)
    table.learn([3] * 5, certain(7).expand(5, -1))
    table.learn([3], certain(8))
    assert [token for token, _ in table.successors(3)] == [7, 8]
    table.learn([3], certain(8))
    assert [token for token, _ in table.successors(3)] == [8, 7]


def test_no_row_outgrows_its_place() -> None:
    table = SuccessorTable(VOCABULARY)
    for token in range(VOCABULARY):
        table.learn([3], certain(token))
    said = table.successors(3)
    assert [token for token, _ in said] == list(range(VOCABULARY - 1, VOCABULARY - 1 - WIDTH, -1))
    assert sum(share for _, share in said) < 1
    assert table.successors(2) == table.successors(4) == []


def test_a_vocabulary_smaller_than_a_row_is_kept_whole() -> None:
    table = SuccessorTable(3)
    table.learn([2], torch.tensor([[0.0, 2.0, 1.0]]))
    assert [token for token, _ in table.successors(2)] == [1, 2, 0]
    assert sum(share for _, share in table.successors(2)) == pytest.approx(1.0)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_learns_from_scores_on_a_device() -> None:
    logits = torch.randn(3, VOCABULARY)
    here, there = SuccessorTable(VOCABULARY), SuccessorTable(VOCABULARY)
    here.learn([1, 2, 1], logits)
    there.learn([1, 2, 1], logits.cuda())
    for token in (1, 2):
        assert [entry[0] for entry in there.successors(token)] == [entry[0] for entry in here.successors(token)]
