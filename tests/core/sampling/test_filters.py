"""Filters keep what the field's definitions say, which transformers implements independently."""

from __future__ import annotations

import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor
from transformers import (
    LogitsProcessorList,
    MinPLogitsWarper,
    RepetitionPenaltyLogitsProcessor,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)

from core.sampling.filters import filtered, keep_top_p
from core.sampling.settings import Sampling

scores = st.lists(st.floats(-12, 12, width=32), min_size=3, max_size=40, unique=True).map(torch.tensor)


def kept(weights: Tensor) -> set[int]:
    return set(weights.isfinite().nonzero().flatten().tolist())


@given(scores, st.floats(0.1, 3.0), st.integers(0, 20), st.floats(0.05, 0.999), st.floats(0.0, 0.6), st.data())
def test_the_whole_chain_equals_that_of_transformers(
    logits: Tensor, temperature: float, top_k: int, top_p: float, min_p: float, data: st.DataObject
) -> None:
    seen = torch.tensor(data.draw(st.lists(st.integers(0, len(logits) - 1), min_size=1, max_size=8)))
    sampling = Sampling(temperature, top_p, top_k, min_p, repetition_penalty=1.3)
    theirs = LogitsProcessorList([RepetitionPenaltyLogitsProcessor(1.3), TemperatureLogitsWarper(temperature)])
    if top_k:
        theirs.append(TopKLogitsWarper(top_k))
    theirs.append(TopPLogitsWarper(top_p))
    if min_p:
        theirs.append(MinPLogitsWarper(min_p))
    expected = theirs(seen[None], logits[None].clone())[0]  # type: ignore[arg-type]
    ours = filtered(logits, sampling, seen)
    # At the very edge of the nucleus the two sum probabilities from opposite ends, and may differ by a rounding.
    for token in kept(ours) ^ kept(expected):
        assert abs(_mass_above(logits, sampling, seen, token) - top_p) < 1e-5
    both = list(kept(ours) & kept(expected))
    torch.testing.assert_close(ours[both], expected[both])


def _mass_above(logits: Tensor, sampling: Sampling, seen: Tensor, token: int) -> float:
    """Probability of everything better than a token, before top-p."""
    before = Sampling(sampling.temperature, 1.0, sampling.top_k, 0.0, sampling.repetition_penalty)
    weights = filtered(logits, before, seen)
    return float(weights.softmax(-1)[weights > weights[token]].sum())


def test_top_p_drops_the_tail_and_never_the_head() -> None:
    """The reference implementation of SpecExec has it the other way round."""
    probabilities = torch.tensor([0.5, 0.3, 0.15, 0.05])
    assert kept(keep_top_p(probabilities.log(), 0.9)) == {0, 1, 2}
    assert kept(keep_top_p(probabilities.log(), 0.5)) == {0}
    assert kept(keep_top_p(torch.zeros(20), 0.001)) == {0}


def test_at_temperature_zero_only_the_penalty_changes_the_best_token() -> None:
    logits = torch.tensor([2.0, 1.9, -1.0])
    assert filtered(logits, Sampling(top_k=1, top_p=0.1), torch.tensor([0])).argmax() == 0
    assert filtered(logits, Sampling(repetition_penalty=1.2), torch.tensor([0, 0])).argmax() == 1
