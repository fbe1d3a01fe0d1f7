"""The table of successors against a dictionary."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from core.drafting.successor_table import WIDTH, SuccessorTable

VOCABULARY = 40


@given(
    st.lists(st.lists(st.integers(0, VOCABULARY - 1), min_size=1, max_size=20), max_size=5),
    st.sampled_from([torch.float32, torch.bfloat16, torch.float16]),
    st.integers(0, 1000),
)
def test_knows_of_each_token_what_followed_it_last(steps: list[list[int]], dtype: torch.dtype, seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    table = SuccessorTable(VOCABULARY)
    latest: dict[int, torch.Tensor] = {}
    for tokens in steps:
        logits = (torch.randn(len(tokens), VOCABULARY, generator=generator) * 4).to(dtype)
        table.learn(tokens, logits)
        latest.update(zip(tokens, logits.float().log_softmax(1), strict=True))
    ids, log_probabilities = table.successors(range(VOCABULARY))
    assert ids.shape == log_probabilities.shape == (VOCABULARY, WIDTH)
    for token in range(VOCABULARY):
        if token not in latest:
            assert log_probabilities[token].isneginf().all()
            continue
        assert len(set(ids[token].tolist())) == WIDTH
        best = latest[token].topk(WIDTH).values
        torch.testing.assert_close(log_probabilities[token], best, atol=0.02, rtol=0.005)
        torch.testing.assert_close(latest[token][ids[token]], best)


def test_a_vocabulary_smaller_than_a_row_is_kept_whole() -> None:
    table = SuccessorTable(3)
    table.learn([2], torch.tensor([[0.0, 2.0, 1.0]]))
    ids, log_probabilities = table.successors([2, 0])
    assert ids[0].tolist() == [1, 2, 0]
    assert float(log_probabilities[0].exp().sum()) == pytest.approx(1.0, abs=0.002)


def test_what_the_target_rules_out_stays_ruled_out() -> None:
    table = SuccessorTable(VOCABULARY)
    logits = torch.full((1, VOCABULARY), -torch.inf)
    logits[0, 7] = 5.0
    table.learn([1], logits)
    ids, log_probabilities = table.successors([1])
    assert int(ids[0, 0]) == 7
    assert log_probabilities[0].tolist() == [0.0, *[-torch.inf] * (WIDTH - 1)]


def test_memory_is_what_the_documentation_says() -> None:
    table = SuccessorTable(128_000)
    assert table._ids.nbytes + table._log_probabilities.nbytes == 128_000 * 48


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_learns_from_scores_on_a_device() -> None:
    logits = torch.randn(3, VOCABULARY)
    here, there = SuccessorTable(VOCABULARY), SuccessorTable(VOCABULARY)
    here.learn([1, 2, 1], logits)
    there.learn([1, 2, 1], logits.cuda())
    for ours, theirs in zip(here.successors([1, 2]), there.successors([1, 2]), strict=True):
        torch.testing.assert_close(ours, theirs, atol=0.01, rtol=0.01)
