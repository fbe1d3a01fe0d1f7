"""What the gauges show of real processes."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from types import SimpleNamespace

import psutil
import pytest

from core.machine import gauges
from core.machine.gauges import DeviceGauge, GaugeReader
from core.machine.nvidia import NvidiaDevice

MIB = 1 << 20


@pytest.fixture
def engine() -> Iterator[subprocess.Popen[bytes]]:
    """A process that holds 64 MiB and says so by a line."""
    script = f"block = b'x' * {64 * MIB}; print('ready', flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield process
        process.kill()


def test_memory_of_window_and_engine_are_told_apart(engine: subprocess.Popen[bytes]) -> None:
    shown = GaugeReader().read(engine.pid)
    assert 64 * MIB < shown.ram_engine < 256 * MIB
    assert shown.ram_window == pytest.approx(psutil.Process().memory_info().rss, rel=0.2)
    assert 0 < shown.ram_available < shown.ram_total


def test_an_engine_that_is_gone_holds_nothing(engine: subprocess.Popen[bytes]) -> None:
    reader = GaugeReader()
    assert reader.read(None).ram_engine == 0
    assert reader.read(engine.pid).ram_engine > 0
    engine.kill()
    # Killed but not yet waited for: its number is still taken.
    while psutil.Process(engine.pid).status() != psutil.STATUS_ZOMBIE and os.name == "posix":
        time.sleep(0.01)
    assert reader.read(engine.pid).ram_engine == 0
    engine.wait()
    assert reader.read(engine.pid).ram_engine == 0
    assert GaugeReader().read(engine.pid).ram_engine == 0


def test_the_next_engine_is_shown_in_place_of_the_last(engine: subprocess.Popen[bytes]) -> None:
    reader = GaugeReader()
    assert reader.read(os.getpid()).ram_engine > 0
    assert reader.read(engine.pid).ram_engine == psutil.Process(engine.pid).memory_info().rss


def test_a_rate_needs_two_readings(monkeypatch: pytest.MonkeyPatch) -> None:
    counts = iter([1_000_000, 51_000_000, 51_000_000, 0])

    def counters(perdisk: bool) -> dict[str, SimpleNamespace]:
        assert perdisk
        whole = next(counts)
        return {"nvme0n1": SimpleNamespace(read_bytes=whole), "nvme0n1p2": SimpleNamespace(read_bytes=whole)}

    now = iter([10.0, 10.5, 11.0, 11.5])
    monkeypatch.setattr(gauges, "_physical_drives", lambda: frozenset({"nvme0n1"}))
    monkeypatch.setattr(psutil, "disk_io_counters", counters)
    monkeypatch.setattr(time, "monotonic", lambda: next(now))
    reader = GaugeReader()
    assert [reader.read(None).drive_read_per_second for _ in range(4)] == [None, 100e6, 0.0, 0.0]


def test_the_devices_of_this_computer_say_whose_memory_is_whose(monkeypatch: pytest.MonkeyPatch) -> None:
    held = {41: 3 * MIB, os.getpid(): 2 * MIB, 99: 7 * MIB}
    device = NvidiaDevice("cuda:0", "A card", 100 * MIB, 60 * MIB, 0.0, held)
    monkeypatch.setattr(gauges, "read_devices", lambda: (device,))
    assert GaugeReader().read(41).devices == (DeviceGauge("cuda:0", "A card", 100 * MIB, 40 * MIB, 5 * MIB),)


def test_reading_costs_less_than_5_ms() -> None:
    reader = GaugeReader()
    seconds = []
    for _ in range(20):
        start = time.perf_counter()
        reader.read(os.getppid())
        seconds.append(time.perf_counter() - start)
    assert sorted(seconds)[10] < 0.005
