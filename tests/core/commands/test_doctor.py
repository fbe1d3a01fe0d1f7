"""`penjing doctor`: facts of this machine, and a remedy beside every problem."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from core.cli import main
from core.commands import findings
from core.commands.doctor import as_text
from core.commands.findings import Finding
from core.locations import DEMO_TARGET
from core.machine.arithmetic import rate_name
from core.machine.machine import Device, Figure, Source
from core.machine.probe import probe_machine
from core.machine.profile import record, recorded


def test_every_problem_comes_with_a_remedy(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["machine"]["ram_total"] <= psutil.virtual_memory().total
    assert report["versions"]["torch"].startswith("2.13.0")
    topics = {finding["topic"] for finding in report["findings"]}
    assert topics >= {
        "processor",
        "memory",
        "graphics",
        "arithmetic",
        "drive",
        "packages",
        "demo models",
        "data folder",
    }
    for finding in report["findings"]:
        assert finding["fact"]
        assert bool(finding["problem"]) == bool(finding["remedy"])


def test_the_text_marks_what_is_wrong() -> None:
    assert as_text(Finding("drive", "fast")).startswith("✓")
    broken = as_text(Finding("drive", "gone", "It is gone.", "Plug it in."))
    assert broken.startswith("✗")
    assert broken.endswith("It is gone. Plug it in.")


def test_the_measured_drive_is_kept_for_later_plans() -> None:
    assert recorded("drive_read", DEMO_TARGET) is None
    found = findings.drive(DEMO_TARGET)
    assert not found.problem
    figure = recorded("drive_read", DEMO_TARGET)
    assert figure is not None
    assert f"{figure.value / 1e9:.2f} GB/s" in found.fact


def test_a_folder_without_weights_has_no_drive_to_measure(tmp_path: Path) -> None:
    assert "no weights" in findings.drive(tmp_path).problem


def test_little_free_memory_is_a_problem() -> None:
    machine = probe_machine()
    assert findings.memory(replace(machine, ram_available=200 << 20)).problem
    assert not findings.memory(replace(machine, ram_available=8 << 30)).problem


def test_rates_of_products_are_shown_with_where_they_come_from() -> None:
    assert "Not measured yet" in findings.arithmetic(probe_machine()).fact
    assert "not measured yet" in findings.processor(probe_machine()).fact
    card = Device("cuda:0", "GeForce", 24 << 30, 20 << 30)
    record(rate_name("bfloat16", None), Figure(3e9, Source.MEASURED, "Multiplied.", "2026-11-21"))
    record(rate_name("float32", None), Figure(4e9, Source.MEASURED, "Again.", "2026-11-21"))
    record(rate_name("float16", card), Figure(5e13, Source.MEASURED, "On the card.", None))
    machine = replace(probe_machine(), devices=(card,))
    assert findings.arithmetic(machine).fact == (
        "processor: bfloat16 at 3 GFLOP/s (Multiplied, 2026-11-21); "
        "processor: float32 at 4 GFLOP/s (Again, 2026-11-21); "
        "GeForce: float16 at 50000 GFLOP/s (On the card)"
    )
    assert "computes in float32 (measured below)" in findings.processor(machine).fact


def test_a_card_that_pytorch_cannot_use_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = replace(probe_machine(), devices=(Device("cuda:0", "GeForce", 24 << 30, 20 << 30),))
    monkeypatch.setattr(findings, "versions", lambda: {"torch": "2.13.0+cpu"})
    assert "cannot use the card" in findings.graphics(machine).problem
    monkeypatch.setattr(findings, "versions", lambda: {"torch": "2.13.0+cu130"})
    assert not findings.graphics(machine).problem


def test_a_data_folder_that_cannot_be_written_is_a_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    monkeypatch.setenv("PENJING_HOME", str(blocked / "home"))
    assert "cannot be written" in findings.data_folder().problem


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux leaves Qt's libraries to the system")
def test_missing_libraries_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    linker = tmp_path / "ldd"
    linker.write_text("#!/bin/sh\necho '\tlibxcb-cursor.so.0 => not found'\necho '\tlibc.so.6 => /lib/libc.so.6'\n")
    linker.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    found = findings.qt_libraries()
    assert "libxcb-cursor.so.0" in found.problem
    assert "libc.so.6" not in found.problem
