"""Headers of safetensors files, true and false ones."""

from __future__ import annotations

import json
import math
import os
import time
from pathlib import Path
from typing import Any

import pytest
import safetensors
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import UnusableModel
from core.locations import DEMO_TARGET
from core.models.safetensors_header import read_header
from tests.core.models.folders import write_header, write_safetensors


def entry(begin: int, end: int, shape: list[int] | None = None, dtype: str = "U8") -> dict[str, Any]:
    return {"dtype": dtype, "shape": [end - begin] if shape is None else shape, "data_offsets": [begin, end]}


def as_the_library_reads_it(content: bytes) -> dict[str, Any]:
    return dict(safetensors.deserialize(content))  # type: ignore[no-untyped-call]


def refusal(file: Path) -> UnusableModel:
    with pytest.raises(UnusableModel) as caught:
        read_header(file)
    return caught.value


def refusal_of(folder: Path, header: Any, data_bytes: int = 16) -> str:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    write_header(folder / "model.safetensors", text, data_bytes)
    return refusal(folder / "model.safetensors").what


def test_offsets_lead_to_the_very_bytes_of_a_tensor() -> None:
    file = DEMO_TARGET / "model.safetensors"
    content = file.read_bytes()
    theirs = as_the_library_reads_it(content)
    ours = {tensor.name: tensor for tensor in read_header(file)}
    assert ours.keys() == theirs.keys()
    for name, tensor in ours.items():
        assert tensor.shape == tuple(theirs[name]["shape"])
        assert tensor.dtype == theirs[name]["dtype"]
        assert content[tensor.offset : tensor.offset + tensor.bytes] == bytes(theirs[name]["data"])


def test_tensors_come_in_the_order_of_the_file(tmp_path: Path) -> None:
    header = {"c": entry(8, 16), "b": entry(8, 8), "a": entry(0, 8)}
    write_header(tmp_path / "model.safetensors", json.dumps(header).encode(), 16)
    assert [tensor.name for tensor in read_header(tmp_path / "model.safetensors")] == ["a", "b", "c"]


def test_a_download_that_was_cut_off_says_how_much_is_missing(tmp_path: Path) -> None:
    file = tmp_path / "model.safetensors"
    write_safetensors(file, {"weight": (20 << 20,)})
    os.truncate(file, file.stat().st_size - 12_900_000)
    error = refusal(file)
    assert error.what == f"{file} is 12.3 MiB shorter than its header says: the download was cut off."
    assert error.remedy == "Download the file again."
    write_safetensors(file, {"weight": (16,)})
    os.truncate(file, file.stat().st_size - 17)
    assert "is 17 bytes shorter" in refusal(file).what
    os.truncate(file, 30)
    assert "shorter than its header says" in refusal(file).what


def test_a_file_with_more_than_its_header_says_is_refused(tmp_path: Path) -> None:
    assert "is 5 bytes longer than its header says" in refusal_of(tmp_path, {"a": entry(0, 16)}, 21)


@pytest.mark.parametrize("content", [b"", b"1234567", b"\0" * 64, b"\xff" * 64, b"PK\x03\x04" + b"\0" * 60])
def test_a_file_of_another_kind_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "model.safetensors").write_bytes(content)
    assert (
        refusal(tmp_path / "model.safetensors").what == f"{tmp_path / 'model.safetensors'} is not a safetensors file."
    )


def test_a_git_lfs_pointer_is_told_for_what_it_is(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n")
    assert "Git LFS pointer" in refusal(tmp_path / "model.safetensors").what


def test_a_file_that_is_not_there_or_not_a_file_is_refused(tmp_path: Path) -> None:
    assert "cannot be read" in refusal(tmp_path / "missing.safetensors").what
    assert "is not a file" in refusal(tmp_path).what


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no named pipes")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "model.safetensors")
    assert "is not a file" in refusal(tmp_path / "model.safetensors").what


@pytest.mark.parametrize(
    ("header", "why"),
    [
        (b"{'a': 1}", "not valid JSON"),
        (b'{"\xff": 1}', "not valid JSON"),
        (b'{"a":' * 100_000, "not valid JSON"),
        (b'{"a": ' + b"9" * 5000 + b"}", "not valid JSON"),
        (b'{"a": {}, "a": {}}', "not valid JSON"),
        ([], "not a safetensors file"),
        ({"a": 3}, "a lacks a type"),
        ({"a": {"dtype": "U8", "shape": [16]}}, "a lacks a type"),
        ({"a": entry(0, 16) | {"data_offsets": [0]}}, "a lacks a type"),
        ({"a": entry(0, 16) | {"data_offsets": [False, 16]}}, "a lacks a type"),
        ({"a": entry(0, 16) | {"data_offsets": [0.0, 16.0]}}, "a lacks a type"),
        ({"a": entry(0, 16, [-4, -4])}, "a has no valid shape"),
        ({"a": entry(0, 16, [16, True])}, "a has no valid shape"),
        ({"a": entry(0, 16, [16] + [1] * 100)}, "a has no valid shape"),
        ({"a": entry(16, 0, [0])}, "a ends before it begins"),
        ({"a": entry(-16, 0)}, "a lacks a type"),
        ({"a": entry(0, 16, [4, 5])}, r"a of shape [4, 5] in U8 needs 20 bytes and has 16"),
        ({"a": entry(0, 16, dtype="F32")}, "needs 64 bytes and has 16"),
        ({"a": entry(0, 9), "b": entry(8, 16)}, "b overlaps a"),
        ({"a": entry(0, 16), "b": entry(0, 16)}, "b overlaps a"),
        ({"a": entry(0, 8), "b": entry(9, 16)}, "gap between a and b"),
        ({"a": entry(8, 16)}, "gap between the header and a"),
        ({"a": entry(0, 1 << 60)}, "shorter than its header says"),
        ({"a": entry(0, 16, dtype="F3")}, "'F3', which Penjing does not know"),
    ],
)
def test_a_header_that_lies_is_refused_with_the_lie(tmp_path: Path, header: Any, why: str) -> None:
    assert why in refusal_of(tmp_path, header)


def test_a_header_that_claims_to_be_huge_is_not_read(tmp_path: Path) -> None:
    file = tmp_path / "model.safetensors"
    with file.open("wb") as stream:
        stream.write((1 << 40).to_bytes(8, "little"))
        stream.truncate((1 << 40) + 100)
    start = time.perf_counter()
    assert "is not a safetensors file" in refusal(file).what
    assert time.perf_counter() - start < 0.1


@st.composite
def almost_valid_files(draw: st.DrawFn) -> tuple[dict[str, Any], int]:
    """A header and the bytes after it: tensors one behind the other, of which up to two numbers are then changed."""
    header: dict[str, Any] = {}
    end = 0
    for name in draw(st.permutations("abc")):
        dtype, width = draw(st.sampled_from([("U8", 1), ("F16", 2), ("BF16", 2), ("F32", 4), ("F64", 8)]))
        shape = draw(st.lists(st.integers(0, 3), max_size=2))
        begin, end = end, end + width * math.prod(shape)
        header[name] = entry(begin, end, shape, dtype)
    for _ in range(draw(st.integers(0, 2))):
        numbers = header[draw(st.sampled_from("abc"))][draw(st.sampled_from(["shape", "data_offsets"]))]
        if numbers:
            numbers[draw(st.integers(0, len(numbers) - 1))] += draw(st.sampled_from([-4, -1, 1, 2, 8]))
    return header, max(0, end + draw(st.sampled_from([0, 0, 0, -1, 1])))


@given(almost_valid_files())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_verdicts_are_those_of_the_format_s_own_library(tmp_path: Path, made: tuple[dict[str, Any], int]) -> None:
    header, data_bytes = made
    file = tmp_path / "model.safetensors"
    write_header(file, json.dumps(header).encode(), data_bytes)
    try:
        theirs = as_the_library_reads_it(file.read_bytes())
    except safetensors.SafetensorError:
        refusal(file)
    else:
        ours = {tensor.name: tensor.shape for tensor in read_header(file)}
        assert ours == {name: tuple(tensor["shape"]) for name, tensor in theirs.items()}
