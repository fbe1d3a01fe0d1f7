"""Conversations are found by what they hold, with the passage that tells why."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.chat.excerpt import LENGTH, excerpt
from core.chat.store import ChatStore


@pytest.fixture(scope="module")
def shared_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChatStore]:
    with closing(ChatStore(tmp_path_factory.mktemp("chats") / "chats.sqlite")) as store:
        yield store


def titles(store: ChatStore, search: str = "") -> list[str]:
    return [found.conversation.title for found in store.search(search)]


def test_search_finds_parts_of_words_in_titles_and_turns(store: ChatStore) -> None:
    paths = store.create("Paths and Größen")
    store.append(paths.id, "user", "What does os.path.join do?")
    reply = store.append(paths.id, "assistant", 'Joins 100 % of "components"')
    store.append(store.create("Other").id, "user", "漢字の交ざった文")
    for text in ("path", "JOIN", "s.path.j", "größe", "os", "do?", "what components", '"compo', "100 %", "%"):
        assert titles(store, text) == ["Paths and Größen"], text
    assert titles(store, "漢字の") == titles(store, "漢字") == ["Other"]
    assert titles(store, "path 漢字") == titles(store, "_") == []
    store.update(reply.id, "Something else")
    store.rename(paths.id, "Folders")
    assert titles(store, "components") == titles(store, "Größen") == []
    assert titles(store, "folders else") == ["Folders"]


@given(text=st.text(st.characters(codec="utf-8"), max_size=20))
def test_any_text_can_be_written_and_searched_for(shared_store: ChatStore, text: str) -> None:
    conversation = shared_store.create(text)
    shared_store.append(conversation.id, "user", text)
    assert shared_store.messages(conversation.id)[0].content == text
    assert "\0" in text or conversation.id in [found.conversation.id for found in shared_store.search(text)]


def passages(store: ChatStore, search: str) -> list[tuple[str, list[str]]]:
    """The excerpts found, with what is marked in them."""
    found = [each.excerpt for each in store.search(search)]
    return [(one.text, [one.text[begin:end] for begin, end in one.marks]) for one in found if one is not None]


def test_what_was_found_is_shown_with_what_stands_around_it(store: ChatStore) -> None:
    chat = store.create("Paths")
    question = store.append(chat.id, "user", "A question.")
    before, after = "word " * 60, " and then" * 60
    reply = store.append(chat.id, "assistant", f"{before}inserting a\n\nSEPARATOR as needed{after}", question.id)
    [found] = store.search("separator")
    assert found.excerpt is not None
    assert found.excerpt.message == reply.id
    [(passage, marked)] = passages(store, "separator inserting")
    assert passage.startswith("…word word word word inserting a SEPARATOR as needed and then")
    assert passage.endswith(" and then and…")
    assert marked == ["inserting", "SEPARATOR"]


def test_the_turn_with_most_of_the_words_is_shown_then_the_latest(store: ChatStore) -> None:
    chat = store.create("Heaps")
    both = store.append(chat.id, "user", "Push an item onto the heap")
    store.append(chat.id, "assistant", "Push it", both.id)
    assert passages(store, "push heap") == [("Push an item onto the heap", ["Push", "heap"])]
    assert passages(store, "push") == [("Push it", ["Push"])]


def test_what_only_the_title_holds_has_no_passage(store: ChatStore) -> None:
    chat = store.create("Heaps")
    store.append(chat.id, "user", "What?")
    assert [found.excerpt for found in store.search("heaps")] == [None]
    assert passages(store, "heaps what") == [("What?", ["What"])]
    assert [found.excerpt for found in store.search("")] == [None]


@given(
    text=st.text(st.characters(codec="utf-8"), max_size=400),
    words=st.lists(st.text(st.characters(codec="utf-8", exclude_categories=("Z", "C")), min_size=1), min_size=1),
)
def test_any_passage_is_one_short_line_and_its_marks_are_the_words(text: str, words: list[str]) -> None:
    found = excerpt(1, text, words)
    assert len(found.text) <= LENGTH + 1
    assert "\n" not in found.text
    for begin, end in found.marks:
        assert any(re.fullmatch(re.escape(word), found.text[begin:end], re.IGNORECASE) for word in words)
