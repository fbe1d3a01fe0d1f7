"""Which tokens the target last thought likeliest after each token: token recycling (arXiv 2408.08696)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

WIDTH = 8
"""Successors kept per token."""


class SuccessorTable:
    """For each token of the vocabulary, the target's best successors when it last verified a node with that token.

    Every pass shows them for free, at the nodes that were not accepted too. A row holds ids and log probabilities, 48
    bytes: 6 MiB for a vocabulary of 128,000. What is newer replaces what was known.

    Args:
        vocabulary: Entries of the target's vocabulary.
    """

    def __init__(self, vocabulary: int) -> None:
        width = min(WIDTH, vocabulary)
        self._ids = torch.zeros(vocabulary, width, dtype=torch.int32)
        self._log_probabilities = torch.full((vocabulary, width), -torch.inf, dtype=torch.float16)

    def learn(self, tokens: Sequence[int], logits: Tensor) -> None:
        """Take in what the target thinks follows some tokens; of equal tokens the last counts.

        Args:
            tokens: Of the verified nodes.
            logits: The target's scores there, [nodes, vocabulary], any float dtype, on any device.
        """
        logits = logits.float()
        scores, ids = logits.topk(self._ids.shape[1], dim=1)
        log_probabilities = scores - logits.logsumexp(1, keepdim=True)
        # An index that is assigned to twice keeps either value.
        last = list({token: row for row, token in enumerate(tokens)}.items())
        rows = torch.tensor([row for _, row in last])
        changed = torch.tensor([token for token, _ in last])
        self._ids[changed] = ids.cpu()[rows].int()
        self._log_probabilities[changed] = log_probabilities.cpu()[rows].half()

    def successors(self, tokens: Sequence[int]) -> tuple[Tensor, Tensor]:
        """What is likely to follow each token.

        Returns:
            Ids, int64, and log probabilities, float32, both [tokens, 8], the likeliest first. A token that no node had
            yet has log probabilities of minus infinity, and ids without meaning.
        """
        index = torch.tensor(tokens, dtype=torch.int64)
        return self._ids[index].long(), self._log_probabilities[index].float()
