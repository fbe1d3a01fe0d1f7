"""What the program believes of this computer."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from core.machine import probe
from core.machine.arithmetic import rate_name
from core.machine.machine import Figure, Source
from core.machine.nvidia import NvidiaDevice
from core.machine.probe import probe_machine
from core.machine.profile import record

ROOT = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PENJING_HOME", str(tmp_path))


def test_this_computer_is_described_in_milliseconds() -> None:
    seconds = []
    for _ in range(3):
        start = time.perf_counter()
        machine = probe_machine()
        seconds.append(time.perf_counter() - start)
    assert min(seconds) < 0.05
    assert machine.cpu
    assert 0 < machine.ram_available <= machine.ram_total <= psutil.virtual_memory().total
    assert (machine.host_to_device is None) == (not machine.devices)


def test_what_was_not_measured_is_said_to_be_assumed() -> None:
    machine = probe_machine()
    figures = [
        machine.engine_bytes,
        machine.drive_read,
        machine.drive_threads,
        machine.memory_read,
        machine.matmul,
    ]
    assert all(figure.value > 0 and figure.source is Source.ASSUMED and figure.when is None for figure in figures)
    assert all(figure.how.startswith("Not measured yet: ") for figure in figures)


def test_measured_figures_replace_assumed_ones(tmp_path: Path) -> None:
    names = ("engine_bytes", "drive_read", "drive_threads", "memory_read", "host_to_device")
    figures = {name: Figure(value, Source.MEASURED, name, "2026-11-21") for value, name in enumerate(names, start=1)}
    for name, figure in figures.items():
        record(name, figure, tmp_path)
    machine = probe_machine(tmp_path)
    assert {name: getattr(machine, name) for name in figures} == figures


@pytest.mark.parametrize(("bfloat16", "better"), [(4e9, True), (1.9e9, True), (1e9, False)])
def test_the_processor_computes_in_bfloat16_if_that_was_measured_to_be_about_as_fast(
    bfloat16: float, better: bool
) -> None:
    rates = {"bfloat16": bfloat16, "float32": 2e9}
    for dtype, rate in rates.items():
        record(rate_name(dtype, None), Figure(rate, Source.MEASURED, dtype))
    machine = probe_machine()
    assert machine.bf16 is better
    assert machine.matmul.value == rates["bfloat16" if better else "float32"]
    assert machine.matmul.source is Source.MEASURED


def test_a_card_computes_in_what_it_was_measured_to_be_best_at(monkeypatch: pytest.MonkeyPatch) -> None:
    cards = tuple(
        NvidiaDevice(f"cuda:{index}", title, 8 << 30, 7 << 30, 0.0, {}) for index, title in enumerate(("Old", "New"))
    )
    monkeypatch.setattr(probe, "read_devices", lambda: cards)
    assert [device.dtype for device in probe_machine().devices] == ["bfloat16", "bfloat16"]
    old, _ = probe_machine().devices
    for dtype, rate in {"bfloat16": 1e12, "float16": 9e12, "float32": 2e12}.items():
        record(rate_name(dtype, old), Figure(rate, Source.MEASURED, dtype))
    machine = probe_machine()
    assert [device.dtype for device in machine.devices] == ["float16", "bfloat16"]
    assert machine.matmul.value == 9e12


@pytest.mark.skipif(not os.path.ismount("/proc"), reason="no second place to mount drives at is known")
def test_each_drive_has_its_own_speed() -> None:
    record("drive_read", Figure(7e9, Source.MEASURED, "A fast one."), Path("/proc"))
    assert probe_machine(Path("/proc/self")).drive_read.value == 7e9
    assert probe_machine(Path("/")).drive_read.source is Source.ASSUMED


def test_probing_needs_no_torch() -> None:
    check = (
        "import sys; from core.machine.probe import probe_machine; probe_machine()\n"
        "sys.exit(bool({'torch', 'transformers', 'numpy'} & sys.modules.keys()))"
    )
    subprocess.run([sys.executable, "-c", check], check=True, cwd=ROOT)
