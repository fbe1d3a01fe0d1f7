"""What the target thought of a tree: read off the scores that verified it, so that it costs no pass of its own."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from core.drafting.drafter import Outcome
from core.trees.token_tree import TokenTree

_ROWS = 16
"""Rows of scores that are copied at once: more would leave the processor's caches and take four times as long."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Probabilities are those of the bare scores, before temperature, filters and noise.

    Attributes:
        probabilities: The target's of each node's token, given the text above it; 1 for the root.
        ranks: 0 for the token that it thought likeliest there, 1 for the next; 0 for the root.
        choice_probabilities, choice_ranks: The same of its choice at each node of the accepted path.
    """

    probabilities: tuple[float, ...]
    ranks: tuple[int, ...]
    choice_probabilities: tuple[float, ...]
    choice_ranks: tuple[int, ...]


def judge(tree: TokenTree, outcome: Outcome, logits: Tensor) -> Verdict:
    """What the target thought of each node and of what it chose.

    Args:
        logits: The target's scores at each node, [nodes, vocabulary], any float dtype, on any device.
    """
    rows = torch.tensor((*tree.parents[1:], *outcome.path), device=logits.device)
    tokens = torch.tensor((*tree.tokens[1:], *outcome.choices), device=logits.device)
    parts = [_judged(logits, some, asked) for some, asked in zip(rows.split(_ROWS), tokens.split(_ROWS), strict=True)]
    probabilities = torch.cat([part[0] for part in parts]).tolist()
    ranks = torch.cat([part[1] for part in parts]).tolist()
    drafted = len(tree) - 1
    return Verdict(
        (1.0, *probabilities[:drafted]), (0, *ranks[:drafted]), tuple(probabilities[drafted:]), tuple(ranks[drafted:])
    )


def _judged(logits: Tensor, rows: Tensor, tokens: Tensor) -> tuple[Tensor, Tensor]:
    """Probability and rank of a token in each of some rows. Both [rows]."""
    scores = logits[rows].float()
    chosen = scores.gather(1, tokens[:, None])
    return (chosen[:, 0] - scores.logsumexp(1)).exp(), torch.count_nonzero(scores > chosen, dim=1)
