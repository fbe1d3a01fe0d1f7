from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.chat.writing import Writing
from tests.app.chat.conftest import step

SOURCES = st.sampled_from(["model", "lookup", "lookup+model", "recycling"])
STEPS = st.lists(st.lists(st.tuples(st.text(min_size=1, max_size=4), SOURCES), min_size=1, max_size=5), max_size=6)


def written(steps: list[list[tuple[str, str]]]) -> tuple[Writing, str]:
    writing, text = Writing(), ""
    for tokens in steps:
        pieces = [piece for piece, _ in tokens]
        writing.add(step(pieces, [source for _, source in tokens[:-1]]), len(text))
        text += "".join(pieces)
    return writing, text


@given(STEPS)
def test_every_character_is_of_the_token_that_brought_it(steps: list[list[tuple[str, str]]]) -> None:
    writing, text = written(steps)
    pieces = [piece for tokens in steps for piece, _ in tokens]
    assert [text[token.start : token.end] for token in writing.tokens] == pieces
    for token in writing.tokens:
        assert all(writing.at(place) == token for place in range(token.start, token.end))
    assert writing.at(len(text)) is None


@given(STEPS)
def test_it_comes_back_from_its_data(steps: list[list[tuple[str, str]]]) -> None:
    writing, _ = written(steps)
    assert Writing.from_data(writing.to_data()) == writing


def test_half_a_character_belongs_to_the_token_that_completes_it() -> None:
    writing = Writing()
    writing.add(step(["a", "\ufffd", "\ufffd", "b"], ["model", "model", "model"], text="aéb"), 0)
    assert [(token.start, token.end) for token in writing.tokens] == [(0, 1), (1, 1), (1, 2), (2, 3)]
    assert writing.at(1) == writing.tokens[2]


def test_a_first_space_that_is_left_out_shifts_nothing_behind_it() -> None:
    writing = Writing()
    writing.add(step([" It", " is", " so"], ["model", "lookup"], text="It is so"), 0)
    assert [(token.start, token.end) for token in writing.tokens] == [(0, 2), (2, 5), (5, 8)]


def test_a_reply_that_ends_within_what_was_accepted_has_no_more_than_it_committed() -> None:
    from dataclasses import replace

    report = step(["a", "b", "c", "d"], ["model"] * 3)
    writing = Writing()
    writing.add(replace(report, committed=(0, 1), text="ab"), 0)
    assert [(token.start, token.end, token.source) for token in writing.tokens] == [(0, 1, "model"), (1, 2, "model")]
