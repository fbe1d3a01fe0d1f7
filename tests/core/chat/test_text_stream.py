"""Streamed text equals text decoded at once, whatever the tokens and however they are dealt out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.chat.tokenizer import Tokenizer

KINDS = ["byte level", "byte fallback", "metaspace"]


@pytest.fixture(scope="session")
def tokenizers(tokenizer_folders: dict[str, Path]) -> dict[str, Tokenizer]:
    return {kind: Tokenizer(folder) for kind, folder in tokenizer_folders.items()}


def _streamed(tokenizer: Tokenizer, ids: list[int], sizes: list[int]) -> list[str]:
    stream = tokenizer.stream()
    pieces = []
    while ids:
        size = sizes.pop() if sizes else 1
        pieces.append(stream.add(ids[:size]))
        ids = ids[size:]
    return [*pieces, stream.end()]


@pytest.mark.parametrize("kind", KINDS)
@given(text=st.text(), sizes=st.lists(st.integers(1, 5)), cut=st.integers(0, 3))
def test_pieces_of_any_text_make_the_whole(
    tokenizers: dict[str, Tokenizer], kind: str, text: str, sizes: list[int], cut: int
) -> None:
    tokenizer = tokenizers[kind]
    ids = tokenizer.encode(text)
    ids = ids[: len(ids) - cut]
    assert "".join(_streamed(tokenizer, ids, sizes)) == tokenizer.decode(ids)


@pytest.mark.parametrize("kind", KINDS)
@given(ids=st.lists(st.integers(0, 500), max_size=40), sizes=st.lists(st.integers(1, 5)))
def test_pieces_of_any_tokens_make_the_whole_even_if_no_text_has_them(
    tokenizers: dict[str, Tokenizer], kind: str, ids: list[int], sizes: list[int]
) -> None:
    tokenizer = tokenizers[kind]
    assert "".join(_streamed(tokenizer, ids, sizes)) == tokenizer.decode(ids)


@pytest.mark.parametrize("kind", ["byte level", "byte fallback"])
@given(text=st.text(alphabet="aé漢😀 "))
def test_no_piece_ends_in_half_a_character(tokenizers: dict[str, Tokenizer], kind: str, text: str) -> None:
    tokenizer = tokenizers[kind]
    pieces = _streamed(tokenizer, tokenizer.encode(text), [])
    assert not any("\N{REPLACEMENT CHARACTER}" in piece for piece in pieces)


@pytest.mark.parametrize("kind", KINDS)
def test_words_are_shown_as_soon_as_they_are_complete(tokenizers: dict[str, Tokenizer], kind: str) -> None:
    tokenizer = tokenizers[kind]
    stream = tokenizer.stream()
    ids = tokenizer.encode("Push item onto heap")
    shown = "".join(stream.add([token]) for token in ids)
    assert shown == "Push item onto heap"
    assert stream.end() == ""


def test_text_before_a_half_character_is_shown_at_once(tokenizers: dict[str, Tokenizer]) -> None:
    tokenizer = tokenizers["byte level"]
    ids = [*tokenizer.encode("item "), *tokenizer.encode("\N{SNOWMAN}")]
    stream = tokenizer.stream()
    assert stream.add(ids[:-1]) == "item "
    assert stream.add(ids[-1:]) == "\N{SNOWMAN}"


def test_special_tokens_leave_no_trace(tokenizers: dict[str, Tokenizer]) -> None:
    tokenizer = tokenizers["byte level"]
    ids = tokenizer.encode("heap<|im_end|> invariant<|im_end|>")
    assert "".join(_streamed(tokenizer, ids, [])) == "heap invariant"


class CountingTokenizer(Tokenizer):
    """Counts the tokens that it decodes."""

    decoded = 0

    def decode(self, ids: Sequence[int]) -> str:
        self.decoded += len(ids)
        return super().decode(ids)


@pytest.mark.parametrize("text", ["Join two 漢字 or more 😀 components. ", "\N{REPLACEMENT CHARACTER}"])
@pytest.mark.parametrize("kind", KINDS)
def test_no_token_is_decoded_more_than_a_few_times(tokenizer_folders: dict[str, Path], kind: str, text: str) -> None:
    tokenizer = CountingTokenizer(tokenizer_folders[kind])
    ids = tokenizer.encode(text * 200)
    _streamed(tokenizer, ids, [])
    assert tokenizer.decoded < 20 * len(ids)


@pytest.mark.parametrize("kind", KINDS)
@given(text=st.text(alphabet="ab é漢", min_size=8), data=st.data())
def test_a_text_is_continued_as_if_it_had_come_whole(
    tokenizers: dict[str, Tokenizer], kind: str, text: str, data: st.DataObject
) -> None:
    tokenizer = tokenizers[kind]
    ids = tokenizer.encode(text)
    cut = data.draw(st.integers(1, len(ids) - 1))
    begun = tokenizer.decode(ids[:cut])
    stream = tokenizer.stream(ids[:cut])
    if not begun.endswith("\N{REPLACEMENT CHARACTER}"):
        assert begun + stream.add(ids[cut:]) + stream.end() == tokenizer.decode(ids)
