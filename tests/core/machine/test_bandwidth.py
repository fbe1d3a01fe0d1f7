"""How fast a drive delivers, and to how many threads."""

from __future__ import annotations

import os
import re
import threading
import time
from pathlib import Path

import pytest

from core.errors import ReadFailed
from core.machine import bandwidth
from core.machine.bandwidth import THREADS, fewest_threads, measure_drive, survey_drive
from core.machine.direct_file import CHUNK, DirectFile, Identity, LinuxFile
from core.machine.machine import Source
from core.machine.probe import probe_machine
from core.sizes import parse_size


def written(file: Path, size: int) -> Path:
    with file.open("wb") as stream:
        stream.write(os.urandom(size))
        os.fsync(stream.fileno())
    return file


def hole(file: Path, size: int) -> Path:
    """A file that takes no time to write."""
    with file.open("wb") as stream:
        stream.truncate(size)
    return file


class SlowDrive(DirectFile):
    """Takes the same time for every read, and serves as many at once as are asked for."""

    def __init__(self, seconds: float) -> None:
        super().__init__(Path("weights"), direct=True)
        self.reads = 0
        self._seconds = seconds
        self._lock = threading.Lock()

    def identity(self) -> Identity:
        return Identity(1, 1 << 40, 0)

    def close(self) -> None:
        """Nothing was opened."""

    def _read(self, offset: int, target: memoryview) -> int:
        time.sleep(self._seconds)
        with self._lock:
            self.reads += 1
        return len(target)

    def _status(self) -> os.stat_result:
        raise NotImplementedError


@pytest.mark.parametrize("size", [2 * CHUNK, CHUNK + 4097, 5000])
def test_a_short_file_is_read_to_its_end_by_one_thread(tmp_path: Path, size: int) -> None:
    speed = measure_drive(written(tmp_path / "weights", size))
    assert speed.threads is None
    assert speed.read.source is Source.MEASURED
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", speed.read.when or "")
    stated = re.match(r"Read (.+) of weights in ([0-9.]+) s by 1 thread, ", speed.read.how)
    assert stated is not None
    assert parse_size(stated[1]) == pytest.approx(size, abs=60_000)
    assert size / speed.read.value == pytest.approx(float(stated[2]), abs=0.006)


def test_a_long_file_shows_how_many_threads_it_takes_and_is_left_when_time_is_up(tmp_path: Path) -> None:
    start = time.perf_counter()
    speed = measure_drive(hole(tmp_path / "long", 1 << 40), seconds=0.1)
    assert time.perf_counter() - start < 2.0
    assert speed.threads is not None
    assert speed.threads.source is Source.MEASURED
    assert speed.threads.value in THREADS
    assert f"s by {speed.threads.value:.0f} thread" in speed.read.how
    assert re.fullmatch(
        r"Read long at [0-9.]+ GB/s by 1 thread, [0-9.]+ GB/s by 2 threads, [0-9.]+ GB/s by 4 threads\.",
        speed.threads.how,
    )


def test_a_drive_that_serves_several_threads_at_once_gets_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bandwidth, "open_direct", lambda path: SlowDrive(0.02))
    speed = measure_drive(Path("weights"), seconds=0.3)
    assert speed.threads is not None
    assert speed.threads.value > 1


def test_a_slow_drive_gives_each_number_of_threads_one_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    drive = SlowDrive(0.05)
    monkeypatch.setattr(bandwidth, "open_direct", lambda path: drive)
    assert measure_drive(Path("weights"), seconds=0.01).threads is not None
    assert drive.reads <= sum(THREADS)


@pytest.mark.parametrize(
    ("rates", "fewest"),
    [
        ({1: 1.0}, 1),
        ({1: 0.96, 2: 1.0, 4: 0.99}, 1),
        ({1: 0.94, 2: 0.99, 4: 1.0}, 2),
        ({1: 2.0, 2: 4.0, 4: 8.0}, 4),
        ({1: 1.0, 2: 0.5, 4: 0.2}, 1),
    ],
)
def test_fewer_threads_do_if_they_are_nearly_as_fast(rates: dict[int, float], fewest: int) -> None:
    assert fewest_threads(rates) == fewest


def test_buffered_reads_are_said_to_be_such(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = written(tmp_path / "weights", CHUNK)
    monkeypatch.setattr(bandwidth, "open_direct", lambda path: LinuxFile(path, direct=False))
    assert measure_drive(file).read.how.endswith("buffered reads, because this file system refuses direct reads.")
    monkeypatch.setattr(bandwidth, "open_direct", lambda path: LinuxFile(path, direct=True))
    assert measure_drive(file).read.how.endswith("direct reads.")


def test_a_file_that_tells_nothing_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    with pytest.raises(ReadFailed, match="is empty"):
        measure_drive(tmp_path / "empty")
    with pytest.raises(ReadFailed, match="No such file"):
        measure_drive(tmp_path / "missing")
    with pytest.raises(ReadFailed, match="cannot be read"):
        measure_drive(tmp_path)


def test_a_survey_reads_the_largest_file_and_is_kept_for_that_drive(tmp_path: Path) -> None:
    hole(tmp_path / "model-2.safetensors", 16 * CHUNK)
    hole(tmp_path / "model-1.safetensors", 100)
    speed = survey_drive(tmp_path)
    assert " of model-2.safetensors in " in speed.read.how
    machine = probe_machine(tmp_path)
    assert (machine.drive_read, machine.drive_threads) == (speed.read, speed.threads)


def test_a_survey_of_a_short_file_leaves_the_threads_open(tmp_path: Path) -> None:
    hole(tmp_path / "model.safetensors", CHUNK)
    survey_drive(tmp_path)
    machine = probe_machine(tmp_path)
    assert machine.drive_read.source is Source.MEASURED
    assert machine.drive_threads.source is Source.ASSUMED


def test_a_folder_without_weights_has_no_drive_to_survey(tmp_path: Path) -> None:
    with pytest.raises(ReadFailed, match="holds no weights"):
        survey_drive(tmp_path)
