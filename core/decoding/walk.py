"""Verification: follow the target's own choices through the tree as far as they were drafted."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from core.drafting.drafter import Outcome
from core.sampling.sampler import Sampler
from core.trees.token_tree import TokenTree


def walk(tree: TokenTree, logits: Tensor, sampler: Sampler, context: Sequence[int]) -> Outcome:
    """Choose at the root as plain decoding would, then at the chosen child, until the choice was not drafted.

    Every committed token is the target's own choice given exactly the text before it, so the tree decides how many are
    found in one pass and never which.

    Args:
        logits: The target's scores at each node, [nodes, vocabulary].
        context: All committed ids, ending with the root.
    """
    children = tree.children()
    path, choices, margins = [0], [], []
    text = list(context)
    while True:
        node = path[-1]
        choice = sampler.choose(logits[node], len(text), text)
        choices.append(choice.token)
        margins.append(choice.margin)
        child = children[node].get(choice.token)
        if child is None:
            return Outcome(tuple(path), tuple(choices), tuple(margins))
        path.append(child)
        text.append(choice.token)
