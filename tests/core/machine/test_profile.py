"""Measured speeds are kept from one start to the next."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from core.machine.machine import Figure, Source
from core.machine.profile import FILE_NAME, record, recorded

MEASURED = Figure(2.5e9, Source.MEASURED, "Read 1.0 GiB in 0.43 s by direct reads.", "2026-11-21")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PENJING_HOME", str(tmp_path))
    return tmp_path


def test_what_was_recorded_comes_back() -> None:
    assert recorded("matmul") is None
    record("matmul", MEASURED)
    record("engine_bytes", Figure(6e8, Source.MEASURED, "Reported by the engine."))
    assert recorded("matmul") == MEASURED
    assert recorded("engine_bytes") == Figure(6e8, Source.MEASURED, "Reported by the engine.", None)
    record("matmul", Figure(3e9, Source.MEASURED, "Again."))
    figure = recorded("matmul")
    assert figure is not None
    assert figure.value == 3e9


def test_a_drive_s_figure_holds_for_every_folder_on_it_and_for_no_other_drive(tmp_path: Path) -> None:
    record("drive_read", MEASURED, tmp_path)
    (tmp_path / "sub").mkdir()
    assert recorded("drive_read", tmp_path / "sub") == MEASURED
    assert recorded("drive_read", tmp_path / "not yet there") == MEASURED
    if os.path.ismount("/proc"):
        assert recorded("drive_read", Path("/proc/self")) is None


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"processor": "ours"}', '{"processor": "ours", "figures": {"matmul": {"value": "1"}}}']
)
def test_a_damaged_profile_is_begun_anew(home: Path, content: str) -> None:
    record("matmul", MEASURED)
    processor = json.loads((home / FILE_NAME).read_text())["processor"]
    (home / FILE_NAME).write_text(content.replace("ours", processor))
    assert recorded("matmul") is None
    record("matmul", MEASURED)
    assert recorded("matmul") == MEASURED


def test_figures_of_another_computer_do_not_count(home: Path) -> None:
    record("matmul", MEASURED)
    content = json.loads((home / FILE_NAME).read_text())
    (home / FILE_NAME).write_text(json.dumps(content | {"processor": "Z80"}))
    assert recorded("matmul") is None


def test_recording_leaves_one_file(home: Path) -> None:
    record("matmul", MEASURED)
    record("memory_read", MEASURED)
    assert [file.name for file in home.iterdir()] == [FILE_NAME]


def test_a_folder_that_cannot_be_written_is_an_error(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "file").touch()
    monkeypatch.setenv("PENJING_HOME", str(home / "file" / "below"))
    assert recorded("matmul") is None
    with pytest.raises(OSError, match="file"):
        record("matmul", MEASURED)
