"""What the models are shown, and what of it they have to learn."""

from itertools import repeat

import pytest
from tokenizers import Tokenizer

from chats import Turn
from packing import IGNORED, Packer
from vocabulary import TURN_END, learn

TURNS = [Turn(f"What does name{n} do?", f"`name{n}(x)`\n\nReturn x plus {n} and nothing else.") for n in range(30)]


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return learn([text for turn in TURNS for text in (turn.question, turn.answer)])


def test_every_row_is_a_conversation_from_its_beginning(tokenizer: Tokenizer) -> None:
    packer = Packer(tokenizer)
    rows = list(packer.rows(packer.exchanges(TURNS), repeat(None), 128))
    assert len(rows) > 5
    for row in rows:
        assert len(row.ids) == len(row.labels) == 128
        assert row.ids.count(packer.begin) == 1
        assert tokenizer.decode(row.ids, skip_special_tokens=False).startswith("<|begin|><|im_start|>user\nWhat")


def test_only_what_the_assistant_says_is_learned(tokenizer: Tokenizer) -> None:
    packer = Packer(tokenizer)
    row = next(packer.rows(packer.exchanges(TURNS), repeat("Be brief."), 200))
    assert all(label in (IGNORED, token) for token, label in zip(row.ids, row.labels, strict=True))
    learned = tokenizer.decode([label for label in row.labels if label != IGNORED], skip_special_tokens=False)
    said = learned.split(TURN_END)
    assert said[:-1] == [turn.answer for turn in TURNS[: len(said) - 1]]
    assert TURNS[len(said) - 1].answer.startswith(said[-1])


def test_a_turn_that_was_cut_off_opens_the_next_row(tokenizer: Tokenizer) -> None:
    packer = Packer(tokenizer)
    rows = list(packer.rows(packer.exchanges(TURNS), repeat(None), 128))
    whole = [turn for turn in TURNS if any(turn.answer + TURN_END in _text(tokenizer, row.ids) for row in rows)]
    last_row_starts_at = next(n for n, turn in enumerate(TURNS) if turn.question in _text(tokenizer, rows[-1].ids))
    assert whole[:last_row_starts_at] == TURNS[:last_row_starts_at]


def test_a_system_message_stands_before_the_first_question(tokenizer: Tokenizer) -> None:
    packer = Packer(tokenizer)
    row = next(packer.rows(packer.exchanges(TURNS), repeat("Be brief."), 128))
    expected = "<|begin|><|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\n"
    assert _text(tokenizer, row.ids).startswith(expected)


def test_digits_are_tokens_of_their_own(tokenizer: Tokenizer) -> None:
    assert tokenizer.encode("2024", add_special_tokens=False).tokens == ["2", "0", "2", "4"]


def test_plain_text_starts_with_the_begin_token(tokenizer: Tokenizer) -> None:
    assert tokenizer.encode("Return x").ids[0] == Packer(tokenizer).begin


def _text(tokenizer: Tokenizer, ids: list[int]) -> str:
    return str(tokenizer.decode(ids, skip_special_tokens=False))
