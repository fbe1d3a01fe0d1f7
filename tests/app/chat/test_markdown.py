from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.chat import markdown
from app.chat.markdown import BlockStream, parse

PIECES = st.lists(
    st.sampled_from(
        [
            *("# ", "- ", "1. ", "> ", "```", "```py", "    ", "| a | b |", "|---|---|", "---", "===", "#", "*", "**"),
            *("`", "word", "two words", "\n", "\n\n", " ", "[a]: b", "<b>", "![x](y)", "\t", "~~", "+", "\\"),
            *("$", "$$", "\\[", "\\]", "\\(", "\\)"),
        ]
    ),
    max_size=40,
)


def test_the_sources_of_all_blocks_are_the_text() -> None:
    text = "\n\n# Title\n\npara\nmore\n- a\n- b\n\n```py\nx\n```\nend"
    assert "".join(block.source for block in parse(text)) == text


@given(PIECES, st.data())
def test_a_text_that_grows_has_the_blocks_of_the_whole_text(pieces: list[str], data: st.DataObject) -> None:
    stream, finished = BlockStream(), []
    tail: list[markdown.Block] = []
    for piece in pieces:
        stream.add(piece)
        if data.draw(st.booleans()):
            done, tail = stream.advance()
            finished += done
    done, tail = stream.advance()
    grown = [[(token.type, token.content) for token in block.tokens] for block in (*finished, *done, *tail)]
    whole = [[(token.type, token.content) for token in block.tokens] for block in parse("".join(pieces))]
    assert grown == whole


def test_a_finished_block_is_never_parsed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    parsed: list[str] = []
    real = parse

    def spy(text: str) -> list[markdown.Block]:
        parsed.append(text)
        return real(text)

    monkeypatch.setattr(markdown, "parse", spy)
    stream = BlockStream()
    for number in range(200):
        stream.add(f"Paragraph {number}.\n\n")
        stream.advance()
    assert max(len(text) for text in parsed) < 60


def test_a_heading_sign_that_grows_into_a_word_does_not_end_the_paragraph() -> None:
    stream = BlockStream()
    stream.add("para\n#")
    assert stream.advance()[0] == []
    stream.add("hash")
    finished, tail = stream.advance()
    assert (finished, len(tail)) == ([], 1)


@pytest.mark.parametrize("text", ["![x](file:///etc/passwd)", "<img src='http://x'>", "<script>x</script>"])
def test_nothing_in_a_text_loads_anything(text: str) -> None:
    kinds = {child.type for block in parse(text) for token in block.tokens for child in token.children or ()}
    assert not kinds & {"image", "html_inline", "html_block"}
