"""A drive that fails, or a file that changes, costs one request until it is mended: then the reply is the same."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from core.engine.engine import Engine
from core.errors import OutOfMemory, ReadFailed
from core.locations import DEMO_DRAFT, DEMO_TARGET
from core.planning.plan import Plan
from tests.core.engine.faults.faulty import (
    MOMENTS,
    Drive,
    io_error,
    never_foreseen,
    no_memory,
    nothing_comes,
    planned,
    posix,
    reply,
    shards,
    spread,
)

# Faults of the drive while weights stream


@pytest.mark.parametrize(
    ("fault", "what", "remedy"),
    [
        (io_error, "Input/output error", "Check that the drive is connected"),
        (nothing_comes, "before all its weights were read", "restore it"),
    ],
)
def test_a_drive_that_fails_at_any_moment_costs_one_request(
    engine: Engine, expected: tuple[int, ...], drive: Drive, folder: Path, fault: Any, what: str, remedy: str
) -> None:
    assert reply(engine) == expected
    before = drive.reads
    assert reply(engine) == expected
    failures: list[ReadFailed] = []
    for moment in spread(drive.reads - before):
        drive.fails(fault, only=moment)
        try:
            assert reply(engine) == expected  # what is read ahead at its end is not of this reply
        except ReadFailed as error:
            failures.append(error)
        drive.works()
        assert reply(engine) == expected
    assert len(failures) > MOMENTS // 2
    for failure in failures:
        assert any(str(shard) in failure.what for shard in shards(folder))
        assert what in failure.what
        assert remedy in failure.remedy


def test_a_drive_that_is_plugged_in_again_is_read_on_at_the_next_request(
    engine: Engine, expected: tuple[int, ...], drive: Drive
) -> None:
    assert reply(engine) == expected
    for _ in range(2):
        drive.fails(io_error)
        with pytest.raises(ReadFailed):
            reply(engine)
        with pytest.raises(ReadFailed):
            reply(engine)
        drive.replugged()
        assert reply(engine) == expected


def test_a_drive_that_comes_back_without_the_model_says_so_and_another_model_loads(
    engine: Engine, expected: tuple[int, ...], drive: Drive, folder: Path
) -> None:
    drive.fails(io_error)
    with pytest.raises(ReadFailed):
        reply(engine)
    drive.replugged()
    shutil.rmtree(folder)
    for _ in range(2):
        with pytest.raises(ReadFailed, match=r"No such file or directory\. Put the file back"):
            reply(engine)
    engine.close()
    other = Engine(planned(DEMO_TARGET, DEMO_DRAFT))
    assert reply(other)
    other.close()


@pytest.mark.parametrize("fault", [no_memory, never_foreseen])
def test_whatever_else_ends_a_read_the_next_request_works(
    engine: Engine, expected: tuple[int, ...], drive: Drive, fault: Any
) -> None:
    assert reply(engine) == expected
    before = drive.reads
    assert reply(engine) == expected
    failures: list[Exception] = []
    for moment in spread(drive.reads - before):
        drive.fails(fault, only=moment)
        try:
            assert reply(engine) == expected
        except (OutOfMemory, ValueError) as error:
            failures.append(error)
        drive.works()
        assert reply(engine) == expected
    assert len(failures) > MOMENTS // 2
    assert all(isinstance(failure, OutOfMemory if fault is no_memory else ValueError) for failure in failures)


# Files that change while weights stream


@posix
def test_a_file_that_is_cut_off_is_an_error_until_it_is_restored(
    engine: Engine, expected: tuple[int, ...], folder: Path
) -> None:
    for shard in shards(folder):
        content, status = shard.read_bytes(), shard.stat()
        os.truncate(shard, len(content) // 3)
        for _ in range(2):
            with pytest.raises(ReadFailed) as caught:
                reply(engine)
            assert str(shard) in caught.value.what
            assert "load the model again" in caught.value.remedy.lower()
        shard.write_bytes(content)
        os.utime(shard, ns=(status.st_atime_ns, status.st_mtime_ns))
        assert reply(engine) == expected


@posix
def test_a_file_that_is_written_over_is_an_error_and_loading_it_again_works(
    engine: Engine, plan: Plan, expected: tuple[int, ...], folder: Path
) -> None:
    assert reply(engine) == expected
    shard = shards(folder)[1]
    shard.write_bytes(shard.read_bytes())
    os.utime(shard, ns=(0, 0))  # Whatever the clock of the file system resolves.
    for _ in range(2):
        with pytest.raises(ReadFailed, match=r"is not the file any more .* Load the model again\.") as caught:
            reply(engine)
        assert str(shard) in caught.value.what
    engine.close()
    again = Engine(plan)
    assert reply(again) == expected
    again.close()


@posix
def test_a_file_that_another_one_took_the_place_of_is_read_on_until_it_must_be_opened_again(
    engine: Engine, expected: tuple[int, ...], drive: Drive, folder: Path, tmp_path: Path
) -> None:
    assert reply(engine) == expected
    shard, other = shards(folder)[0], tmp_path / "other"
    content = bytearray(shard.read_bytes())
    content[-100:] = bytes(100)
    other.write_bytes(content)
    other.replace(shard)
    assert reply(engine) == expected
    drive.fails(io_error)
    with pytest.raises(ReadFailed):
        reply(engine)
    drive.replugged()
    with pytest.raises(ReadFailed, match="is not the file any more"):
        reply(engine)
