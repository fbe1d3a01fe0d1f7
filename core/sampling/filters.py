"""Temperature, penalties and truncation of the target's scores, in the order transformers applies them."""

from __future__ import annotations

import torch
from torch import Tensor

from core.sampling.settings import Sampling


def penalise(scores: Tensor, seen: Tensor, penalty: float) -> Tensor:
    """Make tokens that are already in the text less likely (CTRL, arXiv 1909.05858).

    Args:
        scores: [vocabulary].
        seen: Ids that stand in the text, repeats allowed. [n], int64.
        penalty: Above 1 discourages, below 1 encourages.
    """
    chosen = scores[seen]
    return scores.scatter(0, seen, torch.where(chosen > 0, chosen / penalty, chosen * penalty))


def keep_top_k(scores: Tensor, top_k: int) -> Tensor:
    """Exclude all but the `top_k` best tokens; ties with the last one stay. [vocabulary] to the same."""
    if top_k >= scores.numel():
        return scores
    return scores.masked_fill(scores < scores.topk(top_k).values[-1], -torch.inf)


def keep_top_p(scores: Tensor, top_p: float) -> Tensor:
    """Exclude the tail outside the smallest set of best tokens whose probability reaches `top_p`.

    Nucleus sampling, arXiv 1904.09751. The best token always stays.
    """
    ordered, order = scores.sort(descending=True, stable=True)
    probabilities = ordered.softmax(-1)
    before = probabilities.cumsum(-1) - probabilities
    return scores.masked_fill(torch.zeros_like(scores, dtype=torch.bool).scatter(0, order, before >= top_p), -torch.inf)


def keep_min_p(scores: Tensor, min_p: float) -> Tensor:
    """Exclude tokens less than `min_p` times as likely as the best one (arXiv 2407.01082)."""
    log_min_p = torch.log(torch.tensor(min_p, dtype=scores.dtype, device=scores.device))
    return scores.masked_fill(scores < scores.max() + log_min_p, -torch.inf)


def filtered(scores: Tensor, sampling: Sampling, seen: Tensor) -> Tensor:
    """Scores of one position, ready for noise and argmax.

    Args:
        scores: The target's logits, float32, [vocabulary].
        seen: Ids of the text so far, prompt included, as the penalty wants them. [n], int64.

    Returns:
        Log weights with excluded tokens at -inf. At temperature 0 only the penalty acts: the best token is the same
        under every other filter.
    """
    if sampling.repetition_penalty != 1.0:
        scores = penalise(scores, seen, sampling.repetition_penalty)
    if sampling.temperature == 0.0:
        return scores
    scores = scores / sampling.temperature
    if sampling.top_k > 0:
        scores = keep_top_k(scores, sampling.top_k)
    if sampling.top_p < 1.0:
        scores = keep_top_p(scores, sampling.top_p)
    if sampling.min_p > 0.0:
        scores = keep_min_p(scores, sampling.min_p)
    return scores
