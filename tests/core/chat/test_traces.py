"""The steps of replies are kept beside their turns, within a limit, and go with them."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from core.chat.conversation import TracePiece, TraceUse
from core.chat.store import KEEP_DELETED, ChatStore

ROOMY = 1 << 30


def reply(store: ChatStore, title: str = "chat") -> int:
    return store.append(store.create(title).id, "assistant", "Yes").id


def pieces(count: int, size: int = 100) -> list[TracePiece]:
    return [TracePiece(number, bytes([number]) * size) for number in range(count)]


def test_steps_come_back_in_the_order_in_which_they_came(store: ChatStore) -> None:
    one, other = reply(store), reply(store)
    store.traces.add(one, pieces(2), ROOMY)
    store.traces.add(other, [TracePiece(0, b"x")], ROOMY)
    # A reply written on after a crash may count from an earlier step again.
    store.traces.add(one, pieces(1), ROOMY)
    assert store.traces.read(one) == [*pieces(2), *pieces(1)]
    assert store.traces.read(other) == [TracePiece(0, b"x")]
    assert store.traces.use() == TraceUse(2, 301)
    assert store.traces.read(99) == []
    with pytest.raises(KeyError):
        store.traces.add(99, pieces(1), ROOMY)


def test_the_oldest_go_where_there_is_no_more_room_and_those_of_deleted_chats_first(store: ChatStore) -> None:
    first, deleted, third = reply(store), reply(store, "deleted"), reply(store)
    for key in (first, deleted, third):
        store.traces.add(key, pieces(3), 900)
    store.delete(store.conversations()[1].id)
    store.traces.add(third, pieces(1), 900)
    assert [len(store.traces.read(key)) for key in (first, deleted, third)] == [3, 0, 4]
    store.traces.add(third, pieces(3), 900)
    assert [len(store.traces.read(key)) for key in (first, third)] == [0, 7]
    assert store.traces.use().bytes == 700


def test_a_reply_too_large_for_all_the_room_keeps_its_beginning(store: ChatStore) -> None:
    older, long = reply(store), reply(store)
    store.traces.add(older, pieces(1), 350)
    for piece in pieces(9):
        store.traces.add(long, [piece], 350)
    assert store.traces.read(long) == pieces(3)
    assert store.traces.use() == TraceUse(1, 300)


def test_a_limit_that_was_lowered_holds_from_the_next_step_on(store: ChatStore) -> None:
    older, newer = reply(store), reply(store)
    store.traces.add(older, pieces(5), ROOMY)
    store.traces.add(newer, pieces(1), 200)
    assert store.traces.use() == TraceUse(1, 100)


def test_they_go_for_good_with_their_chat(file: Path) -> None:
    with closing(ChatStore(file)) as store:
        gone, kept = reply(store, "gone"), reply(store, "kept")
        for key in (gone, kept):
            store.traces.add(key, pieces(2), ROOMY)
        store.delete(store.conversations()[1].id)
        assert store.traces.read(gone), "the chat may still be restored"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("UPDATE conversations SET deleted = deleted - ?", (KEEP_DELETED,))
        connection.commit()
    with closing(ChatStore(file)) as store:
        assert store.traces.read(gone) == []
        assert store.traces.use() == TraceUse(1, 200)


def test_forgetting_them_gives_the_room_back_and_leaves_the_chats(store: ChatStore, file: Path) -> None:
    key = reply(store)
    store.traces.add(key, pieces(200, 10_000), ROOMY)
    store._database.read("PRAGMA wal_checkpoint(TRUNCATE)")
    before = file.stat().st_size
    store.traces.forget()
    store._database.read("PRAGMA wal_checkpoint(TRUNCATE)")
    assert file.stat().st_size < before - 1_900_000
    assert store.traces.use() == TraceUse(0, 0)
    assert [found.conversation.title for found in store.search("yes")] == ["chat"]


def test_a_duplicate_has_what_is_known_of_how_its_replies_were_written(store: ChatStore) -> None:
    chat = store.create("chat")
    question = store.append(chat.id, "user", "What?")
    answers = [store.append(chat.id, "assistant", text, question.id).id for text in ("One", "Two")]
    store.set_written(answers[0], [[3, 0]])
    store.traces.add(answers[0], pieces(2), ROOMY)
    copy = store.duplicate(chat.id, "copy")
    _, first, second = store.messages(copy.id)
    assert (copy.title, first.content, second.content, second.shown) == ("copy", "One", "Two", True)
    assert (store.written(first.id), store.written(second.id)) == ([[3, 0]], None)
    assert store.traces.read(first.id) == pieces(2)
    assert store.traces.read(second.id) == []
    assert store.traces.use() == TraceUse(2, 400)


WRITER = """
import sys
from pathlib import Path
from core.chat.conversation import TracePiece
from core.chat.store import ChatStore
store = ChatStore(Path(sys.argv[1]))
reply = store.append(store.create("written until killed").id, "assistant", "").id
for count in range(1_000_000):
    store.traces.add(reply, [TracePiece(count, b"x" * 5000), TracePiece(count, b"y" * 5000)], 1 << 20)
    print(count, flush=True)
"""


def test_a_killed_program_leaves_whole_steps_and_a_sum_that_is_right(file: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", WRITER, str(file)], stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        for _ in range(30):
            writer.stdout.readline()
        os.kill(writer.pid, signal.SIGKILL)
        written = 29 + len(writer.stdout.read().split())
    with closing(ChatStore(file)) as store:
        kept = store.traces.read(store.messages(store.conversations()[0].id)[0].id)
        assert [piece.step for piece in kept] == [step for step in range(len(kept) // 2) for _ in range(2)]
        assert len(kept) // 2 >= written
        assert store.traces.use() == TraceUse(1, 5000 * len(kept))
