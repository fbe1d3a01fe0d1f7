"""Stop strings end a reply wherever they fall, and no part of one is ever shown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from hypothesis import given
from hypothesis import strategies as st

from core.chat.text_stream import TextStream
from core.engine.reply_text import ReplyText


def letters(ids: Sequence[int]) -> str:
    return "".join(chr(97 + token) for token in ids)


def reply_text(stops: Iterable[str]) -> ReplyText:
    """A reply whose tokens are single letters."""
    return ReplyText(TextStream(letters, lambda token: letters([token])), list(stops))


chunks = st.lists(st.lists(st.integers(0, 2), max_size=5), max_size=12)
stop_strings = st.lists(st.text("abc", min_size=1, max_size=4), max_size=3)


@given(chunks, stop_strings)
def test_what_is_shown_is_the_text_before_the_first_stop(steps: list[list[int]], stops: list[str]) -> None:
    text = reply_text(stops)
    shown = ""
    seen = ""
    for step in steps:
        shown += text.add(step)
        seen += letters(step)
        if text.stopped:
            break
    shown += text.end()
    places = [seen.find(stop) for stop in stops if stop in seen]
    assert shown == (seen[: min(places)] if places else seen)
    assert text.stopped == bool(places)
    assert text.text == shown


def test_only_what_may_become_a_stop_is_held_back() -> None:
    text = reply_text(["abc"])
    assert text.add([2, 0]) == "c"
    assert text.add([1]) == ""
    assert text.add([1]) == "abb"
    assert text.add([0]) == ""
    assert text.end() == "a"
