"""Weights arrive byte for byte, and a file that cannot give them is an error that names it."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import ReadFailed
from core.models.spec import TensorGroup, TensorSpec
from core.offload.byte_ranges import ALIGNMENT, plan_reads
from core.offload.weight_reader import StagingBuffer, WeightReader

FILE_BYTES = 300_000


@pytest.fixture
def reader() -> Iterator[WeightReader]:
    reader = WeightReader()
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


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(places=tensors)
def test_every_tensor_of_a_group_arrives_byte_for_byte(
    reader: WeightReader, files: list[Path], places: list[tuple[int, int, int]]
) -> None:
    group = make_group(files, places)
    plan = plan_reads(group)
    for part in plan.ranges:
        assert part.offset % ALIGNMENT == part.buffer_offset % ALIGNMENT == part.bytes % ALIGNMENT == 0
    buffer = StagingBuffer(plan.buffer_bytes)
    assert reader.read(plan, buffer)
    views = buffer.view(plan)
    for tensor in group.tensors:
        expected = tensor.file.read_bytes()[tensor.offset : tensor.offset + tensor.bytes]
        assert bytes(views[tensor.name].numpy()) == expected


def test_neighbours_are_read_at_once_and_distant_tensors_are_not(files: list[Path]) -> None:
    assert len(plan_reads(make_group(files, [(0, 0, 4000), (0, 500, 4000), (0, 1001, 100)])).ranges) == 1
    assert len(plan_reads(make_group(files, [(0, 0, 400), (0, 30_000, 400)])).ranges) == 2
    assert len(plan_reads(make_group(files, [(0, 0, 400), (1, 50, 400)])).ranges) == 2


@pytest.mark.skipif(sys.platform != "linux", reason="/dev/shm is Linux's")
def test_a_file_system_without_direct_reads_is_read_plainly_and_the_reader_says_so(reader: WeightReader) -> None:
    file = Path("/dev/shm/penjing-test.safetensors")
    file.write_bytes(bytes(range(256)) * 100)
    try:
        plan = plan_reads(TensorGroup("", (TensorSpec("t", file, 8, 2000, "U8", (2000,)),)))
        buffer = StagingBuffer(plan.buffer_bytes)
        assert reader.read(plan, buffer)
        assert bytes(buffer.view(plan)["t"].numpy()) == (bytes(range(256)) * 100)[8:2008]
        # tmpfs takes direct reads since Linux 6.6; where it does not, the reader must have noticed.
        assert reader.buffered_reason in (None, "this file system refuses direct reads")
    finally:
        file.unlink()


def test_a_file_that_was_cut_off_is_an_error_that_says_how_much_is_missing(
    reader: WeightReader, tmp_path: Path
) -> None:
    file = tmp_path / "short.safetensors"
    file.write_bytes(b"x" * 10_000)
    plan = plan_reads(TensorGroup("", (TensorSpec("t", file, 0, 50_000, "U8", (50_000,)),)))
    with pytest.raises(ReadFailed, match="40,000 bytes too early"):
        reader.read(plan, StagingBuffer(plan.buffer_bytes))


def test_a_file_that_is_gone_is_an_error_that_names_it(reader: WeightReader, tmp_path: Path) -> None:
    plan = plan_reads(TensorGroup("", (TensorSpec("t", tmp_path / "gone.safetensors", 0, 8, "U8", (8,)),)))
    with pytest.raises(ReadFailed, match=r"gone\.safetensors could not be read"):
        reader.read(plan, StagingBuffer(plan.buffer_bytes))


def test_a_cancelled_read_says_so(reader: WeightReader, files: list[Path]) -> None:
    plan = plan_reads(make_group(files, [(0, 0, 100)]))
    assert not reader.read(plan, StagingBuffer(plan.buffer_bytes), cancelled=lambda: True)


def test_views_have_dtype_and_shape_of_the_file(reader: WeightReader, tmp_path: Path) -> None:
    values = torch.arange(6, dtype=torch.bfloat16).reshape(2, 3)
    file = tmp_path / "w.safetensors"
    file.write_bytes(b"\0" * 8 + values.view(torch.uint8).numpy().tobytes())
    plan = plan_reads(TensorGroup("", (TensorSpec("w", file, 8, 12, "BF16", (2, 3)),)))
    buffer = StagingBuffer(plan.buffer_bytes)
    assert reader.read(plan, buffer)
    assert torch.equal(buffer.view(plan)["w"], values)
