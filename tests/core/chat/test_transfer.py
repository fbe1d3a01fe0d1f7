from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.chat.conversation import StoredMessage, Transcript, shown_path, title_of
from core.chat.store import ChatStore
from core.chat.transfer import from_json, portable, to_json, to_markdown
from core.errors import BadRequest

TEXT = st.text(st.characters(codec="utf-8"), max_size=20)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChatStore]:
    with closing(ChatStore(tmp_path_factory.mktemp("chats") / "chats.sqlite")) as store:
        yield store


@st.composite
def transcripts(draw: st.DrawFn) -> Transcript:
    """Conversations whose turns branch anywhere; of every set of alternatives one is shown."""
    messages: list[StoredMessage] = []
    for key in range(1, draw(st.integers(0, 8)) + 1):
        parent = draw(st.sampled_from([None, *(message.id for message in messages)]))
        alone = all(message.parent != parent for message in messages)
        role, details = draw(st.sampled_from(["user", "assistant"])), draw(st.none() | st.just({"seed": 7}))
        messages.append(StoredMessage(key, role, draw(TEXT), details, parent, alone))
    return Transcript(draw(TEXT), tuple(messages), draw(st.just({}) | st.just({"temperature": 0.5})))


def shape(transcript: Transcript) -> object:
    """All that is of use beyond a conversation's own numbering."""
    order: dict[int | None, int | None] = {None: None}
    order |= {message.id: index for index, message in enumerate(transcript.messages)}
    turns = [(m.role, m.content, m.details, order[m.parent], m.shown) for m in transcript.messages]
    return transcript.title, transcript.settings, turns


@given(transcript=transcripts())
def test_what_was_exported_comes_back_equal(store: ChatStore, transcript: Transcript) -> None:
    [again] = from_json(to_json([transcript]))
    assert again == transcript
    kept = store.transcript(store.add(again).id)
    assert shape(kept) == shape(transcript)
    assert kept.created is not None


def test_markdown_has_the_turns_that_are_shown() -> None:
    transcript = Transcript(
        "Paths",
        (
            StoredMessage(1, "user", "What is it?", {"attachments": [{"name": "a.py", "text": "x = 1"}]}),
            StoredMessage(2, "assistant", "Not shown.", None, 1, shown=False),
            StoredMessage(3, "assistant", "A *path*.", None, 1),
        ),
        {"system_prompt": "Be brief."},
    )
    assert to_markdown(transcript) == (
        "# Paths\n\n## System\n\nBe brief.\n\n## You\n\na.py:\n```\nx = 1\n```\n\nWhat is it?\n\n"
        "## Penjing\n\nA *path*.\n"
    )


def test_an_export_does_not_tell_where_models_lie() -> None:
    transcript = Transcript("", (), {"target": "/home/someone/big", "draft": None, "top_k": 5})
    assert portable(transcript).settings == {"top_k": 5}


def test_lists_of_roles_and_contents_are_understood() -> None:
    turns = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "What?", "name": "someone"},
        {"role": "assistant", "content": "That."},
    ]
    for content in (turns, {"messages": turns}, [{"messages": turns}]):
        [transcript] = from_json(json.dumps(content))
        assert transcript.title == "What?"
        assert transcript.settings == {"system_prompt": "Be brief."}
        assert [message.content for message in shown_path(transcript.messages)] == ["What?", "That."]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "not JSON"),
        ("[]", "empty"),
        ("7", "valid dictionary"),
        ('{"messages": [{"role": "robot", "content": ""}]}', "robot|'system'"),
        ('{"format": "penjing-conversations", "version": 99, "conversations": []}', "version 99"),
        (
            (
                '{"format": "penjing-conversations", "version": 1, "conversations": [{"title": "", "turns":'
                ' [{"id": 1, "parent": 1, "role": "user", "content": ""}]}]}'
            ),
            "does not follow",
        ),
    ],
)
def test_a_file_that_holds_no_conversation_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(BadRequest, match=reason):
        from_json(text)


def test_a_file_is_added_whole_or_not_at_all(tmp_path: Path) -> None:
    with closing(ChatStore(tmp_path / "chats.sqlite")) as store:
        with pytest.raises(KeyError):
            store.add(Transcript("", (StoredMessage(1, "user", "", None, None), StoredMessage(2, "user", "", None, 9))))
        assert store.conversations() == []


def test_a_title_is_the_beginning_of_the_question() -> None:
    assert title_of(" What\nis  it? ") == "What is it?"
    assert len(title_of("word " * 40)) <= 48
