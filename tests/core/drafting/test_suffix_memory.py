"""What a memory of texts proposes, and what it forgets."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.drafting.ngram_index import LONGEST
from core.drafting.suffix_memory import SuffixMemory

texts = st.lists(st.integers(0, 2), max_size=80)


def told(memory: SuffixMemory, drafted: list[int] | None = None) -> dict[int, float]:
    """The share of each token that followed, by token."""
    return {entry.token: entry.share for entry in memory.continuations(memory.match(drafted or []))}


def votes(text: list[int], context: list[int]) -> dict[int, int]:
    """By token: the cubed lengths of all places in `text` before it that agree with the end of `context`, added up."""
    weights: dict[int, int] = {}
    for position in range(1, len(text)):
        length = 0
        while length < min(position, len(context), LONGEST) and text[position - 1 - length] == context[-1 - length]:
            length += 1
        if length:
            weights[text[position]] = weights.get(text[position], 0) + length**3
    return weights


@given(st.lists(st.integers(0, 4), min_size=1, max_size=24), st.lists(st.integers(0, 4), max_size=5))
def test_shares_are_the_cubed_lengths_of_all_that_agrees(text: list[int], drafted: list[int]) -> None:
    memory = SuffixMemory(100)
    memory.begin(text)
    expected = votes(text, text + drafted)
    total = 8 + sum(expected.values())
    assert told(memory, drafted) == pytest.approx({token: weight / total for token, weight in expected.items()})


@given(texts, texts, texts)
def test_a_text_taken_up_in_the_middle_is_known_like_one_taken_up_anew(
    first: list[int], then: list[int], cut: list[int]
) -> None:
    memory, anew = SuffixMemory(60), SuffixMemory(60)
    memory.begin(first + then)
    memory.begin(first + cut)
    anew.begin(first + cut)
    assert told(memory) == told(anew)


def test_walking_child_by_child_follows_what_was_written() -> None:
    memory = SuffixMemory(100)
    memory.begin([1, 2, 3, 4, 5, 6, 7, 1, 2, 3])
    match = memory.match()
    assert match.length == 3
    walked = []
    for _ in range(5):
        best = memory.continuations(match)[0]
        walked.append(best.token)
        match = best.match
    assert walked == [4, 5, 6, 7, 1]
    assert match.length == 8


def test_a_longer_match_is_surer() -> None:
    memory = SuffixMemory(100)
    memory.begin([1, 2, 3, 4, 5, 6])
    shares = [told(memory, drafted)[5] for drafted in ([4], [3, 4], [2, 3, 4], [1, 2, 3, 4])]
    assert shares == sorted(shares)
    assert shares[0] < 0.2
    assert shares[-1] > 0.8


def test_what_never_occurred_proposes_nothing() -> None:
    memory = SuffixMemory(100)
    assert told(memory) == {}
    memory.begin([1, 2, 3])
    assert told(memory) == {}
    assert memory.match().length == 0
    assert told(memory, [9]) == {}


def test_what_is_drafted_is_not_remembered() -> None:
    memory = SuffixMemory(100)
    memory.begin([1, 2, 3, 1])
    assert told(memory, [2]) == told(memory, [2])
    assert told(memory, [7, 7]) == {}


def test_replies_are_known_in_later_texts_and_prompts_are_not() -> None:
    memory = SuffixMemory(100)
    memory.begin([50, 51, 52])
    memory.extend([10, 11])
    memory.extend([12, 13])
    assert told(memory, [10, 11]) != {}
    memory.begin([60, 10, 11])
    assert set(told(memory)) == {12}
    assert told(memory, [12, 13]) == {}  # the reply ended there
    memory.begin([50, 51])
    assert told(memory) == {}


def test_replies_do_not_run_into_each_other() -> None:
    memory = SuffixMemory(100)
    for reply in ([10, 11], [20, 21]):
        memory.begin([50])
        memory.extend(reply)
    memory.begin([60])
    assert told(memory, [11]) == {}
    assert told(memory, [10, 11, 20]).keys() == {21}


def test_what_replaced_the_end_of_a_reply_is_no_reply() -> None:
    memory = SuffixMemory(100)
    memory.begin([50])
    memory.extend([10, 11, 12])
    memory.begin([50, 10, 70, 71])  # 11 and 12 become an earlier reply, 10 is one that goes on
    memory.begin([60])
    assert told(memory, [70]) == {}
    assert told(memory, [11]).keys() == {12}


def test_a_reply_that_goes_on_as_conversation_is_not_remembered_twice() -> None:
    memory = SuffixMemory(100)
    memory.begin([50])
    memory.extend([10, 11])
    memory.begin([50, 10, 11, 60])
    memory.extend([10])
    assert len(memory.match().occurrences) == 1


def test_a_reply_that_is_written_again_is_known_from_the_first_time() -> None:
    memory = SuffixMemory(100)
    memory.begin([50, 51])
    memory.extend([10, 11, 12])
    memory.begin([50, 51])
    memory.extend([10])
    assert set(told(memory)) == {11}


def test_the_oldest_is_forgotten_first() -> None:
    memory = SuffixMemory(10)
    memory.begin(list(range(20)))
    assert told(memory, [9]) == {}
    assert set(told(memory, [10])) == {11}
    for first in (30, 40, 50):
        memory.begin([1])
        memory.extend(list(range(first, first + 5)))
    memory.begin([1])
    assert told(memory, [30]) == {}
    assert set(told(memory, [50])) == {51}


@given(st.lists(st.tuples(texts, texts), max_size=6), st.integers(1, 30))
def test_whatever_is_taken_up_shares_stay_shares(rounds: list[tuple[list[int], list[int]]], limit: int) -> None:
    memory = SuffixMemory(limit)
    for text, reply in rounds:
        memory.begin(text)
        memory.extend(reply)
        match = memory.match()
        for _ in range(5):
            entries = memory.continuations(match)
            shares = [entry.share for entry in entries]
            assert shares == sorted(shares, reverse=True)
            assert all(share > 0 for share in shares)
            assert sum(shares) < 1
            assert all(entry.token >= 0 and entry.match.length >= 1 for entry in entries)
            if not entries:
                break
            match = entries[-1].match
