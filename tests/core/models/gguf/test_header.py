"""Headers of GGUF files, true and false ones."""

from __future__ import annotations

import struct
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import UnusableModel
from core.models.checkpoint import open_checkpoint
from core.models.gguf.architectures import ARCHITECTURES, Settings
from core.models.gguf.header import read_gguf
from tests.core.gguf_models import save_gguf


def text(value: str) -> bytes:
    return struct.pack("<Q", len(value.encode())) + value.encode()


def entry(name: str, kind: int, value: bytes) -> bytes:
    return text(name) + struct.pack("<I", kind) + value


def tensor(name: str, shape: tuple[int, ...], kind: int = 0, offset: int = 0) -> bytes:
    sizes = b"".join(struct.pack("<Q", size) for size in shape)
    return text(name) + struct.pack("<I", len(shape)) + sizes + struct.pack("<IQ", kind, offset)


def header(entries: list[bytes], tensors: list[bytes], version: int = 3, data: int = 64) -> bytes:
    content = b"GGUF" + struct.pack("<IQQ", version, len(tensors), len(entries)) + b"".join([*entries, *tensors])
    return content + bytes(-len(content) % 32 + data)


def refusal(folder: Path, content: bytes) -> str:
    (folder / "m.gguf").write_bytes(content)
    with pytest.raises(UnusableModel) as caught:
        read_gguf(folder / "m.gguf")
    assert caught.value.remedy
    return caught.value.what


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    made, _ = save_gguf(tmp_path_factory.mktemp("gguf"), "llama", {"num_hidden_layers": 1}, "Q4_0")
    return (made / "m.gguf").read_bytes()


def test_a_header_is_what_the_library_reads(whole: bytes, tmp_path: Path) -> None:
    gguf = pytest.importorskip("gguf")
    (tmp_path / "m.gguf").write_bytes(whole)
    theirs, ours = gguf.GGUFReader(tmp_path / "m.gguf"), read_gguf(tmp_path / "m.gguf")
    found = {each.name: (each.data_offset, each.n_bytes, tuple(reversed(each.shape))) for each in theirs.tensors}
    assert found == {each.name: (each.offset, each.bytes, each.shape) for each in ours.tensors}
    for name, value in ours.entries.items():
        assert theirs.fields[name].contents() == value


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "ends within"),
        (b"GGU", "ends within"),
        (b"GGML" + bytes(100), "is not a GGUF file"),
        (header([], [], version=1), "version 1 of GGUF"),
        (header([], [], version=0x03000000), "version 50331648"),
        (b"GGUF" + struct.pack("<IQQ", 3, 2**60, 0), "1,152,921,504,606,846,976 tensors"),
        (b"GGUF" + struct.pack("<IQQ", 3, 0, 2**60), "1,152,921,504,606,846,976 entries"),
        (b"GGUF" + struct.pack("<IQQ", 3, 0, 50_000), "ends within"),
        (header([entry("a", 8, struct.pack("<Q", 2**62))], []), "ends within"),
        (header([entry("a", 9, struct.pack("<IQ", 4, 2**61))], []), "entries in an array"),
        (header([entry("a", 9, struct.pack("<IQ", 9, 1))], []), "unknown type 9"),
        (header([entry("a", 77, b"")], []), "unknown type 77"),
        (header([entry("a", 0, b"1"), entry("a", 0, b"1")], []), "a occurs twice"),
        (header([entry("general.alignment", 4, struct.pack("<I", 0))], []), "its alignment is 0"),
        (header([entry("general.alignment", 4, struct.pack("<I", 48))], []), "its alignment is 48"),
        (header([], [tensor("a", (1,) * 9)]), "9 dimensions"),
        (header([], [tensor("a", (8,), kind=99)]), "type 99"),
        (header([], [tensor("a", (8,), kind=2)]), "cannot be in blocks of 32"),
        (header([], [tensor("a", (0,))]), "cannot be in blocks"),
        (header([], [tensor("a", (2**40, 2**40, 2**40))]), "shorter than its header says"),
        (header([], [tensor("a", (16,)), tensor("b", (16,), offset=32)]), "over another"),
        (header([], [tensor("a", (4,), offset=4)]), "over another"),
        (header([], [tensor("a", (4,)), tensor("a", (4,), offset=32)]), "a occurs twice"),
        (header([], [tensor("a", (40,))]), "96 bytes shorter"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(content: bytes, words: str, tmp_path: Path) -> None:
    assert words in refusal(tmp_path, content)


@given(data=st.data())
@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_file_that_was_cut_off_anywhere_is_refused(whole: bytes, tmp_path: Path, data: st.DataObject) -> None:
    (tmp_path / "m.gguf").write_bytes(whole[: data.draw(st.integers(0, len(whole) - 32))])
    with pytest.raises(UnusableModel):
        open_checkpoint(tmp_path)


@given(data=st.data())
@settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_damaged_header_is_read_or_refused_soon(whole: bytes, tmp_path: Path, data: st.DataObject) -> None:
    content = bytearray(whole)
    for place in data.draw(st.lists(st.integers(4, 2500), min_size=1, max_size=4)):
        content[place : place + 8] = data.draw(st.binary(min_size=1, max_size=8))[: len(content) - place]
    (tmp_path / "m.gguf").write_bytes(content)
    start = time.perf_counter()
    with suppress(UnusableModel):
        for group in open_checkpoint(tmp_path).groups:
            for stored in group.tensors:
                assert 0 < stored.offset <= stored.offset + stored.bytes <= len(content)
    assert time.perf_counter() - start < 5  # not a measure: it must not hang


def test_two_models_in_a_folder_are_not_chosen_between(whole: bytes, tmp_path: Path) -> None:
    for name in ("a.gguf", "b.gguf"):
        (tmp_path / name).write_bytes(whole)
    with pytest.raises(UnusableModel, match="holds 2 GGUF models"):
        open_checkpoint(tmp_path)
    assert open_checkpoint(tmp_path / "a.gguf").name == "a"


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(UnusableModel, match=r"There is no file .*m\.gguf"):
        open_checkpoint(tmp_path / "m.gguf")


def test_experts_that_do_not_go_with_the_settings_are_refused(tmp_path: Path) -> None:
    changes = {"num_hidden_layers": 1, "num_local_experts": 4, "num_experts_per_tok": 2, "head_dim": 64}
    made, _ = save_gguf(tmp_path, "gpt_oss", changes, "Q8_0")
    file = made / "m.gguf"
    content, name = file.read_bytes(), b"gpt-oss.expert_feed_forward_length"
    at = content.index(name) + len(name) + 4
    file.write_bytes(content[:at] + struct.pack("<I", 128) + content[at + 4 :])
    with pytest.raises(UnusableModel, match=r"experts\.gate_up_proj\.0 is .* but must be 4 x 128 x 256"):
        open_checkpoint(made)


def test_an_olmo_3_is_not_taken_for_an_olmo_2(tmp_path: Path) -> None:
    entries = {"olmo2.attention.sliding_window": 4096}
    reader = Settings(tmp_path, {"general.architecture": "olmo2"} | entries, {})
    with pytest.raises(UnusableModel, match="OLMo 3"):
        ARCHITECTURES["olmo2"].settings(reader)


def test_an_architecture_that_is_not_supported_is_named(tmp_path: Path) -> None:
    (tmp_path / "m.gguf").write_bytes(header([entry("general.architecture", 8, text("mamba"))], []))
    with pytest.raises(UnusableModel, match="architecture 'mamba'"):
        open_checkpoint(tmp_path)


def test_a_missing_part_is_named(tmp_path: Path) -> None:
    made, _ = save_gguf(tmp_path, "llama", {}, "Q4_0", parts=3)
    sorted(made.iterdir())[1].unlink()
    with pytest.raises(UnusableModel, match=r"1 of the model's 3 files are missing: m-00002-of-00003\.gguf"):
        open_checkpoint(made)


def test_wrong_settings_are_refused(tmp_path: Path, whole: bytes) -> None:
    settings_of: dict[str, Any] = {"llama.block_count": 7, "llama.attention.head_count": 3}
    for name, value in settings_of.items():
        at = whole.index(name.encode()) + len(name) + 4
        content = whole[:at] + struct.pack("<I", value) + whole[at + 4 :]
        (tmp_path / "m.gguf").write_bytes(content)
        with pytest.raises(UnusableModel):
            open_checkpoint(tmp_path)
