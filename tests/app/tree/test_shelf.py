"""What is put on the shelf is found again, by any thread, and nothing is left behind."""

from __future__ import annotations

import gc
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.tree.shelf import Shelf


def open_files() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


@given(st.lists(st.binary(max_size=20_000), max_size=30))
def test_every_piece_is_found_again(pieces: list[bytes]) -> None:
    shelf = Shelf()
    for piece in pieces:
        shelf.put(piece)
    assert [shelf.take(index) for index in range(len(shelf))] == pieces


def test_threads_do_not_disturb_each_other() -> None:
    shelf = Shelf()
    pieces = [bytes([number % 251]) * (number * 7 % 3000) for number in range(400)]
    for piece in pieces[:200]:
        shelf.put(piece)
    with ThreadPoolExecutor(3) as pool:
        taken = [pool.submit(shelf.take, index) for index in range(200) for _ in range(5)]
        for piece in pieces[200:]:
            shelf.put(piece)
    assert [future.result() for future in taken] == [pieces[index] for index in range(200) for _ in range(5)]
    assert [shelf.take(index) for index in range(400)] == pieces


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="this system does not list open files")
def test_the_file_goes_with_the_shelf() -> None:
    gc.collect()  # shelves of other tests
    before = open_files()
    shelf = Shelf()
    shelf.put(b"piece")
    assert open_files() == before + 1
    del shelf
    gc.collect()
    assert open_files() == before


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit to set on the size of files")
def test_where_the_drive_is_full_pieces_stay_in_memory() -> None:
    code = (
        "import resource, signal; from app.tree.shelf import Shelf;"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000));"
        "shelf = Shelf(); pieces = [bytes([n]) * 3000 for n in range(5)];"
        "[shelf.put(piece) for piece in pieces];"
        "assert [shelf.take(n) for n in range(5)] == pieces"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
