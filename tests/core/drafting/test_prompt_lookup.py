"""Prompt lookup remembers what belongs to replies, and nothing that was chosen after their end."""

from __future__ import annotations

import torch

from core.drafting.drafter import Outcome
from core.drafting.prompt_lookup import PromptLookup
from core.drafting.suffix_memory import SuffixMemory
from core.trees.token_tree import TokenTree

LOGITS = torch.zeros(1, 4)


def step(lookup: PromptLookup, text: list[int], *chosen: int) -> None:
    lookup.begin(text)
    outcome = Outcome(tuple(range(len(chosen))), chosen, (1.0,) * len(chosen))
    lookup.observe(TokenTree.root_only(text[-1]), outcome, LOGITS)


def proposed(lookup: PromptLookup, *drafted: int) -> list[int]:
    return [proposal.token for proposal in lookup.proposals(lookup.state(drafted))]


def test_what_followed_in_an_earlier_reply_is_proposed_in_a_new_conversation() -> None:
    lookup = PromptLookup(SuffixMemory(256))
    step(lookup, [1, 2, 3], 40, 41)
    step(lookup, [1, 2, 3, 40, 41], 42, 43)
    step(lookup, [1, 2, 3, 40, 41, 42, 43], 44)
    lookup.begin([9, 40])
    assert proposed(lookup) == [41]
    assert proposed(lookup, 41, 42) == [43]


def test_what_was_chosen_after_the_end_of_a_reply_is_not_remembered() -> None:
    """A step may go on past the token that ends a reply: the next turn's text does not hold that."""
    lookup = PromptLookup(SuffixMemory(256))
    end = 7
    step(lookup, [1, 2, 3], 40, 41)
    step(lookup, [1, 2, 3, 40, 41], 42, end, 60, 61)
    lookup.begin([1, 2, 3, 40, 41, 42, end, 8, 8, 40, 41])
    assert proposed(lookup) == [42]
    assert proposed(lookup, 42, end) == [8]
    assert proposed(lookup, 60) == []
    # Nor in another conversation.
    lookup.begin([5, 40, 41])
    assert proposed(lookup, 42) == [end]
    assert proposed(lookup, 42, end) == []
    assert proposed(lookup, 60) == []


def test_a_reply_that_is_asked_for_again_is_known() -> None:
    lookup = PromptLookup(SuffixMemory(256))
    step(lookup, [1, 2, 3], 40, 41)
    step(lookup, [1, 2, 3, 40, 41], 42, 43)
    lookup.begin([1, 2, 3])
    assert proposed(lookup, 40) == [41]
