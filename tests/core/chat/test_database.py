"""The chat file survives what happens to programs and disks, and says what is wrong with it."""

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
from pathlib import Path

import pytest

from core.chat.store import ChatStore
from core.errors import ChatNotSaved


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
from core.chat.store import ChatStore
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
