"""How fast a drive delivers."""

from __future__ import annotations

import mmap
import os
import re
import sys
import time
from pathlib import Path

import pytest

from core.errors import ReadFailed
from core.machine.bandwidth import CHUNK, measure_drive
from core.machine.machine import Source
from core.sizes import parse_size


def written(file: Path, size: int) -> Path:
    with file.open("wb") as stream:
        stream.write(os.urandom(size))
        os.fsync(stream.fileno())
    return file


def reads_directly(file: Path) -> bool:
    """Whether the file system grants direct reads, found out apart from the program."""
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_DIRECT)
    except OSError:
        return False
    try:
        os.preadv(descriptor, [mmap.mmap(-1, 4096)], 0)
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return True


@pytest.mark.parametrize("size", [2 * CHUNK, CHUNK + 4097, 5000])
def test_a_short_file_is_read_to_its_end(tmp_path: Path, size: int) -> None:
    figure = measure_drive(written(tmp_path / "weights", size))
    assert figure.source is Source.MEASURED
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", figure.when or "")
    stated = re.match(r"Read (.+) of weights in ([0-9.]+) s by ", figure.how)
    assert stated is not None
    assert parse_size(stated[1]) == pytest.approx(size, abs=60_000)
    assert figure.value > 0
    assert size / figure.value == pytest.approx(float(stated[2]), abs=0.006)


def test_a_long_file_is_left_when_time_is_up(tmp_path: Path) -> None:
    with (tmp_path / "long").open("wb") as stream:
        stream.truncate(1 << 40)  # A hole: reading it to its end would take minutes.
    start = time.perf_counter()
    measure_drive(tmp_path / "long", seconds=0.05)
    assert time.perf_counter() - start < 2.0


@pytest.mark.skipif(sys.platform != "linux", reason="direct reads are asked for in another way")
def test_reads_are_direct_where_the_file_system_grants_it_and_say_so_where_not(tmp_path: Path) -> None:
    file = written(tmp_path / "weights", CHUNK)
    way = "by direct reads." if reads_directly(file) else "by buffered reads, because the file system refuses"
    assert way in measure_drive(file).how
    assert not reads_directly(Path("/proc/self/maps"))
    assert "by buffered reads, because the file system refuses" in measure_drive(Path("/proc/self/maps")).how


def test_a_file_that_tells_nothing_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    with pytest.raises(ReadFailed, match="is empty"):
        measure_drive(tmp_path / "empty")
    with pytest.raises(ReadFailed, match="No such file"):
        measure_drive(tmp_path / "missing")
    with pytest.raises(ReadFailed, match="cannot be read"):
        measure_drive(tmp_path)
