"""Conversations come back as they were written, and survive what happens to programs and disks."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.chat.conversation import StoredMessage, Transcript, shown_path
from core.chat.schema import VERSION_1
from core.chat.store import KEEP_DELETED, ChatStore
from core.errors import ChatNotSaved


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "chats.sqlite"


@pytest.fixture
def store(file: Path) -> Iterator[ChatStore]:
    with closing(ChatStore(file)) as store:
        yield store


@pytest.fixture(scope="module")
def shared_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChatStore]:
    with closing(ChatStore(tmp_path_factory.mktemp("chats") / "chats.sqlite")) as store:
        yield store


def _titles(store: ChatStore, search: str = "") -> list[str]:
    return [conversation.title for conversation in store.search(search)]


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
    assert _titles(store) == ["newer", "older"]
    message = store.append(older.id, "user", "Hello")
    assert _titles(store) == ["older", "newer"]
    store.append(newer.id, "user", "Hello")
    store.update(message.id, "Hello again")
    assert _titles(store) == ["older", "newer"]


def test_times_are_now_in_utc(store: ChatStore) -> None:
    conversation = store.create("now")
    assert abs((datetime.now(UTC) - conversation.created).total_seconds()) < 60


def test_what_is_deleted_can_be_restored_with_all_its_turns(store: ChatStore) -> None:
    conversation = store.create("Heaps")
    store.append(conversation.id, "user", "What does heappush do?")
    store.delete(conversation.id)
    assert store.conversations() == []
    assert store.search("heappush") == []
    store.restore(conversation.id)
    assert _titles(store, "heappush") == ["Heaps"]


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
        assert _titles(store) == ["recent"]
        with pytest.raises(KeyError):
            store.restore(old.id)
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("VACUUM")
    assert b"forgotten" not in file.read_bytes()


def test_search_finds_parts_of_words_in_titles_and_turns(store: ChatStore) -> None:
    paths = store.create("Paths and Größen")
    store.append(paths.id, "user", "What does os.path.join do?")
    reply = store.append(paths.id, "assistant", 'Joins 100 % of "components"')
    store.append(store.create("Other").id, "user", "漢字の交ざった文")
    for text in ("path", "JOIN", "s.path.j", "größe", "os", "do?", "what components", '"compo', "100 %", "%"):
        assert _titles(store, text) == ["Paths and Größen"], text
    assert _titles(store, "漢字の") == _titles(store, "漢字") == ["Other"]
    assert _titles(store, "path 漢字") == _titles(store, "_") == []
    store.update(reply.id, "Something else")
    store.rename(paths.id, "Folders")
    assert _titles(store, "components") == _titles(store, "Größen") == []
    assert _titles(store, "folders else") == ["Folders"]


@given(text=st.text(st.characters(codec="utf-8"), max_size=20))
def test_any_text_can_be_written_and_searched_for(shared_store: ChatStore, text: str) -> None:
    conversation = shared_store.create(text)
    shared_store.append(conversation.id, "user", text)
    assert shared_store.messages(conversation.id)[0].content == text
    assert "\0" in text or conversation.id in [found.id for found in shared_store.search(text)]


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


def test_many_threads_may_write(store: ChatStore) -> None:
    conversation = store.create("busy")

    def write() -> None:
        for _ in range(20):
            store.append(conversation.id, "user", "word")

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(store.messages(conversation.id)) == 80


def test_two_programs_may_use_one_file(file: Path, store: ChatStore) -> None:
    with closing(ChatStore(file)) as other:
        conversation = other.create("theirs")
        store.append(conversation.id, "user", "ours")
        assert [message.content for message in other.messages(conversation.id)] == ["ours"]


def test_several_programs_may_make_the_file_at_the_same_time(file: Path) -> None:
    def start(_: int) -> str:
        with closing(ChatStore(file)) as store:
            return store.create("first").title

    with ThreadPoolExecutor(8) as programs:
        assert list(programs.map(start, range(32))) == ["first"] * 32


WRITER = """
import sys
from pathlib import Path
from core.chat.conversation import StoredMessage, Transcript, shown_path
from core.chat.schema import VERSION_1
from core.chat.store import KEEP_DELETED, ChatStore
store = ChatStore(Path(sys.argv[1]))
conversation = store.create("written until killed").id
reply = store.append(conversation, "assistant", "").id
for count in range(1_000_000):
    store.update(reply, "x" * count)
    store.append(conversation, "user", str(count))
    print(count, flush=True)
"""


def test_a_killed_program_loses_nothing_that_it_wrote(file: Path) -> None:
    command = [sys.executable, "-c", WRITER, str(file)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        for _ in range(50):
            writer.stdout.readline()
        os.kill(writer.pid, signal.SIGKILL)
        written = 49 + len(writer.stdout.read().split())
    with closing(ChatStore(file)) as store:
        reply, *counts = store.messages(store.conversations()[0].id)
        assert len(counts) - 1 >= written
        assert [message.content for message in counts] == [str(count) for count in range(len(counts))]
        assert len(reply.content) in (len(counts) - 1, len(counts))


def _fill(store: ChatStore) -> tuple[int, int]:
    """Write until it fails. The conversation, and the number of turns that were accepted."""
    conversation = store.create("long")

    def write() -> None:
        for count in range(10_000):
            store.append(conversation.id, "user", f"{count}: " + "some words to keep " * 20)

    with pytest.raises(ChatNotSaved, match="the disk is full"):
        write()
    return conversation.id, len(store.messages(conversation.id))


def test_a_file_that_may_not_grow_is_reported_and_keeps_what_it_has(store: ChatStore) -> None:
    (pages,) = store._database._connection.execute("PRAGMA page_count").fetchone()
    store._database._connection.execute(f"PRAGMA max_page_count = {pages + 20}")
    conversation, kept = _fill(store)
    store._database._connection.execute(f"PRAGMA max_page_count = {pages + 100}")
    store.append(conversation, "user", "after")
    assert len(store.messages(conversation)) == kept + 1


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A real file system of 256 KiB; only the superuser can make one."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = shutil.which("mount")
    options = ["-t", "tmpfs", "-o", "size=256k", "tmpfs", str(disk)]
    if mount is None or subprocess.run([mount, *options], capture_output=True, check=False).returncode != 0:
        pytest.skip("mounting a tiny disk takes a superuser on Linux")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def test_a_full_disk_is_reported_and_what_was_saved_is_safe(tiny_disk: Path) -> None:
    ballast = tiny_disk / "ballast"
    ballast.write_bytes(bytes(64 << 10))
    with closing(ChatStore(tiny_disk / "chats.sqlite")) as store:
        conversation, kept = _fill(store)
        assert kept > 0
        ballast.unlink()
        store.append(conversation, "user", "after")
    with closing(ChatStore(tiny_disk / "chats.sqlite")) as store:
        assert len(store.messages(conversation)) == kept + 1


@pytest.fixture
def locked_folder() -> Iterator[Path]:
    """A folder with a chat file that the running user may read but not write, superuser or not."""
    folder = Path(tempfile.mkdtemp())
    with closing(ChatStore(folder / "chats.sqlite")) as store:
        store.create("old")
    (folder / "chats.sqlite").chmod(0o444)
    folder.chmod(0o555)
    superuser = hasattr(os, "geteuid") and os.geteuid() == 0
    if superuser:
        os.seteuid(65534)
    yield folder
    if superuser:
        os.seteuid(0)
    folder.chmod(0o755)
    shutil.rmtree(folder)


@pytest.mark.parametrize("name", ["chats.sqlite", "other.sqlite"])
def test_a_folder_that_may_not_be_written_to_is_reported(locked_folder: Path, name: str) -> None:
    with pytest.raises(ChatNotSaved, match="may not be written to"), closing(ChatStore(locked_folder / name)) as store:
        store.create("new")


def test_a_file_of_a_newer_version_is_refused_and_left_alone(file: Path) -> None:
    with closing(ChatStore(file)) as store:
        store.create("from the future")
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA user_version = 99")
    before = file.read_bytes()
    with pytest.raises(ChatNotSaved, match="newer version"):
        ChatStore(file)
    assert file.read_bytes() == before


def test_a_file_of_another_program_is_refused_and_left_alone(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE theirs (x)")
    before = file.read_bytes()
    with pytest.raises(ChatNotSaved, match="another program"):
        ChatStore(file)
    assert file.read_bytes() == before


def test_a_file_that_is_no_database_is_refused_and_left_alone(file: Path) -> None:
    file.write_bytes(b"These are not the chats. " * 400)
    before = file.read_bytes()
    with pytest.raises(ChatNotSaved, match="damaged"):
        ChatStore(file)
    assert file.read_bytes() == before


def test_damage_in_the_middle_is_reported_when_it_is_met(file: Path) -> None:
    with closing(ChatStore(file)) as store:
        conversation = store.create("long")
        for count in range(200):
            store.append(conversation.id, "user", f"{count} " * 50)
    content = bytearray(file.read_bytes())
    content[3 * 4096 :] = b"\xff" * (len(content) - 3 * 4096)
    file.write_bytes(content)
    with pytest.raises(ChatNotSaved, match="damaged"), closing(ChatStore(file)) as store:
        store.messages(conversation.id)


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
        assert _titles(another, "three") == ["growing"]
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


def _version_1(file: Path) -> None:
    """A file as the first version wrote it."""
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        for statement in VERSION_1:
            connection.execute(statement)
        connection.execute("PRAGMA user_version = 1")
        connection.execute("INSERT INTO conversations (title, created, updated) VALUES ('a', 1, 1), ('b', 2, 2)")
        for number in range(6):
            row = (1 + number % 2, f"t{number}")
            connection.execute("INSERT INTO messages (conversation, role, content) VALUES (?, 'user', ?)", row)
        connection.commit()


def test_a_file_of_version_1_is_brought_up_with_a_copy_of_it_kept(file: Path) -> None:
    _version_1(file)
    with closing(ChatStore(file)) as store:
        for conversation, contents in ((1, ["t0", "t2", "t4"]), (2, ["t1", "t3", "t5"])):
            assert [message.content for message in shown_path(store.messages(conversation))] == contents
    copy = file.with_name("chats.version-1.sqlite")
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (1,)
        assert connection.execute("SELECT count(*) FROM messages").fetchone() == (6,)
    copy.write_bytes(b"")
    ChatStore(file).close()
    assert copy.read_bytes() == b"", "a file that is up to date was copied"


def test_a_migration_that_cannot_be_backed_up_changes_nothing(file: Path) -> None:
    _version_1(file)
    (file.with_name("chats.version-1.sqlite.new")).mkdir()
    with pytest.raises(ChatNotSaved):
        ChatStore(file)
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (1,)
        assert "parent" not in [row[1] for row in connection.execute("PRAGMA table_info(messages)")]


def test_programs_that_start_at_once_migrate_once(file: Path) -> None:
    _version_1(file)

    def start(_: int) -> int:
        with closing(ChatStore(file)) as store:
            return len(store.messages(1))

    with ThreadPoolExecutor(8) as programs:
        assert list(programs.map(start, range(16))) == [3] * 16
