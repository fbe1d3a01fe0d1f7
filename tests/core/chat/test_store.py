"""Conversations come back as they were written."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from core.chat.conversation import StoredMessage, Transcript, shown_path
from core.chat.store import KEEP_DELETED, ChatStore
from tests.core.chat.test_search import titles


def test_a_conversation_comes_back_from_the_file(file: Path) -> None:
    with closing(ChatStore(file)) as store:
        conversation = store.create("Paths")
        question = store.append(conversation.id, "user", "What does os.path.join do? 漢字 😀")
        reply = store.append(conversation.id, "assistant", "", question.id)
        store.update(reply.id, "Join two or more pathname components.", {"seed": 7, "tokens_per_second": 8.4})
    with closing(ChatStore(file)) as store:
        (again,) = store.conversations()
        assert (again.id, again.title, again.created) == (conversation.id, "Paths", conversation.created)
        first, second = store.messages(conversation.id)
        assert first == question
        assert (second.role, second.content) == ("assistant", "Join two or more pathname components.")
        assert second.details == {"seed": 7, "tokens_per_second": 8.4}


def test_details_stay_when_only_the_content_changes(store: ChatStore) -> None:
    reply = store.append(store.create("").id, "assistant", "a")
    store.update(reply.id, "ab", {"seed": 7})
    store.update(reply.id, "abc")
    (message,) = store.messages(1)
    assert (message.content, message.details) == ("abc", {"seed": 7})


def test_the_last_written_in_comes_first(store: ChatStore) -> None:
    older, newer = store.create("older"), store.create("newer")
    assert titles(store) == ["newer", "older"]
    message = store.append(older.id, "user", "Hello")
    assert titles(store) == ["older", "newer"]
    store.append(newer.id, "user", "Hello")
    store.update(message.id, "Hello again")
    assert titles(store) == ["older", "newer"]


def test_times_are_now_in_utc(store: ChatStore) -> None:
    conversation = store.create("now")
    assert abs((datetime.now(UTC) - conversation.created).total_seconds()) < 60


def test_what_is_deleted_can_be_restored_with_all_its_turns(store: ChatStore) -> None:
    conversation = store.create("Heaps")
    store.append(conversation.id, "user", "What does heappush do?")
    store.delete(conversation.id)
    assert store.conversations() == []
    assert store.search("heappush") == []
    assert [deleted.title for deleted in store.deleted()] == ["Heaps"]
    store.restore(conversation.id)
    assert titles(store, "heappush") == ["Heaps"]
    assert store.deleted() == []


def test_what_was_deleted_long_ago_is_gone_for_good(file: Path) -> None:
    with closing(ChatStore(file)) as store:
        old, recent = store.create("old"), store.create("recent")
        store.append(old.id, "user", "forgotten")
        store.delete(old.id)
        store.delete(recent.id)
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("UPDATE conversations SET deleted = deleted - ? WHERE id = ?", (KEEP_DELETED, old.id))
        connection.commit()
    with closing(ChatStore(file)) as store:
        store.restore(recent.id)
        assert titles(store) == ["recent"]
        with pytest.raises(KeyError):
            store.restore(old.id)
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("VACUUM")
    assert b"forgotten" not in file.read_bytes()


def test_unknown_ids_are_refused_and_change_nothing(store: ChatStore) -> None:
    for change in (
        lambda: store.append(9, "user", "lost"),
        lambda: store.update(9, "lost"),
        lambda: store.rename(9, "lost"),
        lambda: store.delete(9),
        lambda: store.restore(9),
    ):
        with pytest.raises(KeyError):
            change()
    assert store.conversations() == []
    assert store.messages(9) == []


def test_a_conversation_is_pinned_and_lies_in_a_folder(store: ChatStore) -> None:
    conversation = store.create("Paths")
    work, home = store.create_folder("work"), store.create_folder("Home")
    store.pin(conversation.id, True)
    store.move(conversation.id, work.id)
    [again] = store.conversations()
    assert (again.pinned, again.folder) == (True, work.id)
    assert [folder.name for folder in store.folders()] == ["Home", "work"]
    store.rename_folder(home.id, "zoo")
    assert [folder.name for folder in store.folders()] == ["work", "zoo"]
    store.pin(conversation.id, False)
    store.move(conversation.id, None)
    [again] = store.conversations()
    assert (again.pinned, again.folder) == (False, None)


def test_a_folder_that_goes_leaves_its_conversations(store: ChatStore) -> None:
    conversation, folder = store.create("Paths"), store.create_folder("work")
    store.move(conversation.id, folder.id)
    store.delete_folder(folder.id)
    assert [(found.id, found.folder) for found in store.conversations()] == [(conversation.id, None)]
    with pytest.raises(KeyError):
        store.move(conversation.id, folder.id)


def test_every_alternative_is_kept_and_one_is_shown(store: ChatStore) -> None:
    conversation = store.create("branches")
    question = store.append(conversation.id, "user", "What?")
    first = store.append(conversation.id, "assistant", "One.", question.id)
    second = store.append(conversation.id, "assistant", "Two.", question.id)
    after = store.append(conversation.id, "user", "And?", first.id)

    def shown() -> list[str]:
        return [message.content for message in shown_path(store.messages(conversation.id))]

    assert shown() == ["What?", "Two."]
    store.show(first.id)
    assert shown() == ["What?", "One.", "And?"]
    store.show(second.id)
    assert shown() == ["What?", "Two."]
    assert [message.parent for message in store.messages(conversation.id)] == [
        None,
        question.id,
        question.id,
        first.id,
    ]
    assert after.parent == first.id


def test_a_turn_grows_piece_by_piece(store: ChatStore, file: Path) -> None:
    conversation = store.create("growing")
    reply = store.append(conversation.id, "assistant", "One")
    other = store.append(conversation.id, "assistant", "Other", reply.id)
    for piece in (" two", " three", " four"):
        store.extend(reply.id, piece)
    assert [message.content for message in store.messages(conversation.id)] == ["One two three four", "Other"]
    with closing(ChatStore(file)) as another:
        store.extend(reply.id, " five")
        assert another.messages(conversation.id)[0].content == "One two three four five"
        assert titles(another, "three") == ["growing"]
    store.update(reply.id, "All.")
    store.extend(other.id, "!")
    assert [message.content for message in store.messages(conversation.id)] == ["All.", "Other!"]
    with pytest.raises(KeyError):
        store.extend(99, "lost")


def test_settings_presets_and_the_writing_of_a_reply_are_kept(store: ChatStore) -> None:
    conversation = store.create("set")
    assert store.settings(conversation.id) == {}
    store.set_settings(conversation.id, {"temperature": 0.7})
    assert store.settings(conversation.id) == {"temperature": 0.7}
    reply = store.append(conversation.id, "assistant", "Yes")
    assert store.written(reply.id) is None
    store.set_written(reply.id, [[3, 0]])
    assert store.written(reply.id) == [[3, 0]]
    store.keep_preset("brief", {"top_k": 4})
    store.keep_preset("Also", {})
    store.keep_preset("brief", {"top_k": 5})
    assert store.presets() == {"Also": {}, "brief": {"top_k": 5}}
    store.delete_preset("brief")
    assert list(store.presets()) == ["Also"]


def test_a_conversation_of_thousands_of_turns_goes_for_good(file: Path) -> None:
    with closing(ChatStore(file)) as store:
        messages = tuple(StoredMessage(n, "user", str(n), None, n - 1 if n else None) for n in range(3000))
        conversation = store.add(Transcript("long", messages))
        store.delete(conversation.id)
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("UPDATE conversations SET deleted = 0")
        connection.commit()
    with closing(ChatStore(file)) as store:
        assert store.messages(conversation.id) == []
