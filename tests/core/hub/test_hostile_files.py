"""Malformed headers and indexes: a clear error each, nothing read outside the folder, little memory."""

from __future__ import annotations

import json
import math
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import UnusableModel
from core.models.checkpoint import open_checkpoint
from tests.core.models.folders import llama_shapes, tiny_config, write_header, write_model, write_sharded_model

MOST_MEMORY = 100_000_000
CASES = int(os.environ.get("HOSTILE_CASES", "60"))
"""Of headers, and as many of indexes; HOSTILE_CASES=500 makes the thousand, in about a minute."""

resource = pytest.importorskip("resource", reason="Windows counts memory in another way")

watched: list[str] | None = None


def record_opened(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "open" and watched is not None and isinstance(arguments[0], str | bytes | os.PathLike):
        file = os.fsdecode(arguments[0])
        if not file.endswith(".py"):  # Python itself reads source lines for reports.
            watched.append(file)


sys.addaudithook(record_opened)


@contextmanager
def guarded(folder: Path) -> Iterator[None]:
    """Nothing outside the folder is opened meanwhile, and little memory is taken."""
    global watched
    watched, before = [], most_memory()
    try:
        yield
    finally:
        opened, watched = watched, None
    assert most_memory() - before < MOST_MEMORY
    assert [file for file in opened if not Path(file).resolve().is_relative_to(folder)] == []


def most_memory() -> int:
    """The most that this process ever had resident, in bytes."""
    peak: int = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def refused_or_unharmed(folder: Path) -> None:
    """A clear error; or, where a change did no harm, all the tensors that the model has."""
    error: UnusableModel | None
    with guarded(folder.resolve()):
        try:
            spec = open_checkpoint(folder)
        except UnusableModel as refusal:
            error = refusal
        else:
            error = None
    if error is not None:
        assert error.what.endswith(".")
        assert error.remedy.endswith(".")
        return
    whole = sum(tensor.bytes for group in spec.groups for tensor in group.tensors)
    files = {tensor.file for group in spec.groups for tensor in group.tensors}
    assert whole <= sum(file.stat().st_size for file in files)


counts = st.one_of(st.integers(-3, 40), st.sampled_from([1 << 31, 1 << 53, 1 << 63, 1 << 70, -(1 << 63)]))
junk: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | counts | st.floats() | st.text(max_size=5), lambda inner: st.lists(inner, max_size=3)
)
entries = st.fixed_dictionaries(
    {},
    optional={
        "dtype": st.sampled_from(["BF16", "F32", "U8", "F3", ""]) | junk,
        "shape": st.lists(counts, max_size=10) | junk,
        "data_offsets": st.lists(counts, min_size=2, max_size=2) | junk,
    },
)


def true_header() -> dict[str, Any]:
    """What the header of a tiny model says when nothing is wrong."""
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    end = 0
    for name, shape in llama_shapes(tiny_config()).items():
        begin, end = end, end + 2 * math.prod(shape)
        header[name] = {"dtype": "BF16", "shape": list(shape), "data_offsets": [begin, end]}
    return header


TRUE = true_header()


@st.composite
def headers(draw: st.DrawFn) -> bytes:
    """The header of a model with something wrong: in its entries, its JSON, its length, or all of it."""
    header: dict[str, Any] = dict(TRUE)
    names = list(header)
    for _ in range(draw(st.integers(0, 3))):
        name = draw(st.sampled_from(names) | st.text(max_size=8))
        change = draw(entries | junk)
        before = header.get(name)
        header[name] = before | change if isinstance(before, dict) and isinstance(change, dict) else change
    text = json.dumps(header).encode()
    for _ in range(draw(st.integers(0, 2))):
        at = draw(st.integers(0, len(text)))
        text = text[:at] + draw(st.binary(max_size=4)) + text[at + draw(st.integers(0, 6)) :]
    length = len(text) if draw(st.booleans()) else draw(counts.filter(lambda count: 0 <= count < 1 << 64))
    return length.to_bytes(8, "little") + text


@settings(max_examples=CASES)
@given(headers(), st.integers(-200, 20_000))
def test_malformed_headers(header: bytes, data_bytes: int) -> None:
    with tempfile.TemporaryDirectory() as place:
        folder = write_model(Path(place) / "model")
        file = folder / "model.safetensors"
        with file.open("wb") as stream:
            stream.write(header)
            stream.truncate(max(0, len(header) + data_bytes))
        refused_or_unharmed(folder)


paths = st.sampled_from(
    [
        "../outside.safetensors",
        "/etc/passwd",
        "/etc/passwd.safetensors",
        "sub/model.safetensors",
        "model-00001-of-00002.safetensors",
        "C:\\model.safetensors",
        "missing.safetensors",
        "model.bin",
        "",
    ]
)
places = st.dictionaries(
    st.sampled_from(list(llama_shapes(tiny_config()))) | st.text(max_size=6), paths | junk, max_size=12
)


@settings(max_examples=CASES)
@given(st.one_of(st.fixed_dictionaries({"weight_map": places | junk}), junk, places), st.booleans())
def test_malformed_indexes(index: Any, keep: bool) -> None:
    with tempfile.TemporaryDirectory() as place:
        folder = write_sharded_model(Path(place) / "model", tiny_config(), 2)
        write_header(Path(place) / "outside.safetensors", b'{"a":{}}', 0)
        file = folder / "model.safetensors.index.json"
        true = json.loads(file.read_text())
        if keep and isinstance(index, dict) and isinstance(index.get("weight_map"), dict):
            index = {"weight_map": true["weight_map"] | index["weight_map"]}
        file.write_text(json.dumps(index))
        refused_or_unharmed(folder)


@pytest.mark.parametrize("name", ["config.json", "model.safetensors.index.json"])
def test_settings_of_absurd_size_are_not_read(tmp_path: Path, name: str) -> None:
    folder = write_sharded_model(tmp_path / "model", tiny_config(), 2)
    os.truncate(folder / name, 1 << 40)
    with guarded(folder.resolve()), pytest.raises(UnusableModel):
        open_checkpoint(folder)
