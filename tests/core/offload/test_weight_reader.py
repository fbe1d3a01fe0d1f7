"""Weights arrive byte for byte, and a file that cannot give them is an error that names it."""

from __future__ import annotations

import errno
import os
import random
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import ReadFailed
from core.machine.direct_file import CHUNK, LinuxFile, open_direct
from core.models.spec import TensorGroup, TensorSpec
from core.offload import weight_reader
from core.offload.byte_ranges import ReadPlan, plan_reads
from core.offload.weight_reader import StagingBuffer, WeightReader

FILE_BYTES = 300_000

posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows lets nobody touch an open file")


@pytest.fixture(params=[1, 3], ids=["1 thread", "3 threads"])
def reader(request: pytest.FixtureRequest) -> Iterator[WeightReader]:
    reader = WeightReader(request.param)
    yield reader
    reader.close()


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two files of random bytes whose sizes are no multiple of anything."""
    folder = tmp_path_factory.mktemp("weights")
    generator = random.Random(1)
    paths = [folder / "a.safetensors", folder / "b.safetensors"]
    for path in paths:
        path.write_bytes(generator.randbytes(FILE_BYTES + 13))
    return paths


@pytest.fixture
def file(files: list[Path], tmp_path: Path) -> Path:
    """One to be spoilt."""
    (tmp_path / "w.safetensors").write_bytes(files[0].read_bytes())
    return tmp_path / "w.safetensors"


tensors = st.lists(
    st.tuples(st.integers(0, 1), st.integers(0, FILE_BYTES // 8), st.integers(1, 20_000)), min_size=1, max_size=8
)


def make_group(files: list[Path], places: list[tuple[int, int, int]]) -> TensorGroup:
    """A group of byte tensors, at offsets that are multiples of 8 as safetensors files have them."""
    specs = []
    for index, (file, eighth, wanted) in enumerate(places):
        offset = eighth * 8
        size = min(wanted, FILE_BYTES + 13 - offset)
        specs.append(TensorSpec(f"t{index}", files[file], offset, size, "U8", (size,)))
    return TensorGroup("", tuple(specs))


def whole(file: Path, size: int = FILE_BYTES) -> ReadPlan:
    return plan_reads(TensorGroup("", (TensorSpec("t", file, 0, size, "U8", (size,)),)))


def delivers(reader: WeightReader, file: Path) -> bool:
    """Whether a read brings what the file holds now."""
    plan = whole(file)
    buffer = StagingBuffer(plan.buffer_bytes)
    assert reader.read(plan, buffer)
    return bytes(buffer.view(plan)["t"].numpy()) == file.read_bytes()[:FILE_BYTES]


def failure(reader: WeightReader, file: Path) -> ReadFailed:
    plan = whole(file)
    with pytest.raises(ReadFailed) as caught:
        reader.read(plan, StagingBuffer(plan.buffer_bytes))
    assert str(file) in caught.value.what
    return caught.value


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(places=tensors)
def test_every_tensor_of_a_group_arrives_byte_for_byte(
    reader: WeightReader, files: list[Path], places: list[tuple[int, int, int]]
) -> None:
    group = make_group(files, places)
    plan = plan_reads(group)
    buffer = StagingBuffer(plan.buffer_bytes)
    before = reader.bytes_read
    assert reader.read(plan, buffer)
    assert reader.bytes_read - before == sum(part.needed for part in plan.ranges)
    views = buffer.view(plan)
    for tensor in group.tensors:
        expected = tensor.file.read_bytes()[tensor.offset : tensor.offset + tensor.bytes]
        assert bytes(views[tensor.name].numpy()) == expected


def test_what_is_larger_than_a_chunk_arrives_too(reader: WeightReader, tmp_path: Path) -> None:
    size = 2 * CHUNK + 4096 + 10
    (tmp_path / "large").write_bytes(random.Random(2).randbytes(size))
    plan = whole(tmp_path / "large", size)
    buffer = StagingBuffer(plan.buffer_bytes)
    assert reader.read(plan, buffer)
    assert buffer.memory[:size] == (tmp_path / "large").read_bytes()


def test_reads_are_direct_unless_the_file_system_refuses(
    reader: WeightReader, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_direct(file) as opened:
        reason = opened.buffered_reason
    assert delivers(reader, file)
    assert reader.buffered_reason == reason
    if sys.platform == "linux":
        monkeypatch.setattr(weight_reader, "open_direct", lambda path: LinuxFile(path, direct=False))
        plain = WeightReader(2)
        assert delivers(plain, file)
        assert plain.buffered_reason == "this file system refuses direct reads"
        plain.close()


def test_a_file_shorter_than_its_header_says_is_an_error(reader: WeightReader, tmp_path: Path) -> None:
    file = tmp_path / "short.safetensors"
    file.write_bytes(b"x" * 10_000)
    assert "ended at byte 10,000" in failure(reader, file).what


@posix
def test_a_file_that_is_cut_off_while_it_is_streamed_is_an_error(reader: WeightReader, file: Path) -> None:
    content, status = file.read_bytes(), file.stat()
    assert delivers(reader, file)
    os.truncate(file, 5000)
    error = failure(reader, file)
    assert "ended at byte 5,000" in error.what
    assert "restore it" in error.remedy
    file.write_bytes(content)
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert delivers(reader, file)


@posix
def test_a_file_that_is_cut_off_behind_what_is_read_is_noticed_too(reader: WeightReader, file: Path) -> None:
    assert delivers(reader, file)
    os.truncate(file, FILE_BYTES + 1)
    assert "is not the file any more" in failure(reader, file).what


@posix
def test_a_file_that_is_written_over_while_it_is_streamed_is_an_error(reader: WeightReader, file: Path) -> None:
    assert delivers(reader, file)
    with file.open("r+b") as stream:
        stream.write(b"other")
    os.utime(file, ns=(0, 0))  # Whatever the clock of the file system resolves.
    for _ in range(2):
        error = failure(reader, file)
        assert "is not the file any more" in error.what
        assert error.remedy == "Load the model again."
    again = WeightReader()
    assert delivers(again, file)
    again.close()


@posix
def test_a_file_that_is_deleted_or_replaced_is_read_on_while_it_is_open(reader: WeightReader, file: Path) -> None:
    content, plan = file.read_bytes(), whole(file)
    buffer = StagingBuffer(plan.buffer_bytes)
    assert reader.read(plan, buffer)
    file.unlink()
    buffer.memory[:] = bytes(len(buffer.memory))
    assert reader.read(plan, buffer)
    assert buffer.memory[:FILE_BYTES] == content[:FILE_BYTES]
    file.write_bytes(bytes(len(content)))
    assert reader.read(plan, buffer)
    assert buffer.memory[:FILE_BYTES] == content[:FILE_BYTES]


@pytest.fixture
def broken_drive(monkeypatch: pytest.MonkeyPatch) -> Callable[[bool], None]:
    """Makes every read of an open file fail as reads of a drive do that was pulled out, and work again."""
    with open_direct(Path(__file__)) as opened:
        kind, broken = type(opened), False
    read = kind._read

    def fail(self: LinuxFile, offset: int, target: memoryview) -> int:
        if broken:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return read(self, offset, target)

    def breaks(now: bool) -> None:
        nonlocal broken
        broken = now

    monkeypatch.setattr(kind, "_read", fail)
    return breaks


def test_a_drive_that_fails_is_an_error_and_one_that_comes_back_is_read_on(
    reader: WeightReader, file: Path, broken_drive: Callable[[bool], None]
) -> None:
    assert delivers(reader, file)
    broken_drive(True)
    error = failure(reader, file)
    assert "cannot be read: Input/output error." in error.what
    assert "drive is connected" in error.remedy
    broken_drive(False)
    assert delivers(reader, file)


def test_a_drive_that_comes_back_with_another_file_is_noticed(
    reader: WeightReader, files: list[Path], file: Path, tmp_path: Path, broken_drive: Callable[[bool], None]
) -> None:
    assert delivers(reader, file)
    broken_drive(True)
    failure(reader, file)
    broken_drive(False)
    (tmp_path / "other").write_bytes(files[1].read_bytes())
    (tmp_path / "other").replace(file)
    assert "is not the file any more" in failure(reader, file).what


def test_a_file_that_is_gone_is_an_error_until_it_is_back(
    reader: WeightReader, file: Path, tmp_path: Path, broken_drive: Callable[[bool], None]
) -> None:
    assert delivers(reader, file)
    broken_drive(True)
    failure(reader, file)
    broken_drive(False)
    file.rename(tmp_path / "away")
    for _ in range(2):
        error = failure(reader, file)
        assert "No such file" in error.what
        assert "Put the file back" in error.remedy
    (tmp_path / "away").rename(file)
    assert delivers(reader, file)


@posix
def test_too_many_open_files_are_an_error_and_none_stays_open(
    reader: WeightReader, files: list[Path], tmp_path: Path
) -> None:
    import resource

    shards = [tmp_path / f"{index}.safetensors" for index in range(20)]
    for shard in shards:
        shard.write_bytes(bytes(16))
    plan = plan_reads(TensorGroup("", tuple(TensorSpec(shard.name, shard, 0, 16, "U8", (16,)) for shard in shards)))
    buffer = StagingBuffer(plan.buffer_bytes)
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    free = os.open(files[0], os.O_RDONLY)
    os.close(free)
    resource.setrlimit(resource.RLIMIT_NOFILE, (free + 10, limits[1]))
    try:
        with pytest.raises(ReadFailed, match=r"safetensors cannot be read: Too many open files\. Close other programs"):
            reader.read(plan, buffer)
        assert delivers(reader, files[0])
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    assert reader.read(plan, buffer)


def test_a_cancel_is_answered_before_the_next_chunk(tmp_path: Path) -> None:
    with (tmp_path / "large").open("wb") as stream:
        stream.truncate(4 * CHUNK)
    plan = whole(tmp_path / "large", 4 * CHUNK)
    buffer = StagingBuffer(plan.buffer_bytes)
    reader = WeightReader()
    for chunks in range(4):
        answers = iter([False] * chunks + [True])
        before = reader.bytes_read
        assert not reader.read(plan, buffer, lambda answers=answers: next(answers))  # type: ignore[misc]
        assert reader.bytes_read - before == chunks * CHUNK
    assert reader.read(plan, buffer)
    reader.close()


def test_a_cancelled_read_says_so(reader: WeightReader, files: list[Path]) -> None:
    plan = whole(files[0])
    assert not reader.read(plan, StagingBuffer(plan.buffer_bytes), cancelled=lambda: True)


def test_views_have_dtype_and_shape_of_the_file(reader: WeightReader, tmp_path: Path) -> None:
    values = torch.arange(6, dtype=torch.bfloat16).reshape(2, 3)
    file = tmp_path / "w.safetensors"
    file.write_bytes(b"\0" * 8 + values.view(torch.uint8).numpy().tobytes())
    plan = plan_reads(TensorGroup("", (TensorSpec("w", file, 8, 12, "BF16", (2, 3)),)))
    buffer = StagingBuffer(plan.buffer_bytes)
    assert reader.read(plan, buffer)
    assert torch.equal(buffer.view(plan)["w"], values)


def test_a_closed_buffer_lives_as_long_as_its_views(files: list[Path], reader: WeightReader) -> None:
    import psutil

    size = 64 << 20
    buffer, plan = StagingBuffer(size), whole(files[0])
    undone: list[int] = []
    address = buffer.address
    buffer.on_close(lambda: undone.append(buffer.address))
    buffer.memory[:] = bytes(size)
    assert reader.read(plan, buffer)
    view = buffer.view(plan)["t"]
    buffer.close()
    assert undone == [address]
    assert bytes(view.numpy()) == files[0].read_bytes()[:FILE_BYTES]
    held = psutil.Process().memory_info().rss
    del view
    assert held - psutil.Process().memory_info().rss > size // 2
