"""What memory and drives are doing now: cheap enough to ask for several times a second."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from core.machine.memory import read_memory
from core.machine.nvidia import read_devices


@dataclass(frozen=True, slots=True)
class DeviceGauge:
    """Memory of an accelerator, in bytes. `ours` is the engine's and the window's part of `used`."""

    name: str
    title: str
    total: int
    used: int
    ours: int


@dataclass(frozen=True, slots=True)
class Gauges:
    """Memory in bytes.

    Attributes:
        ram_window, ram_engine: Resident memory of this process and of the engine process (0 if it is gone).
        drive_read_per_second: Bytes that all drives together have read per second since the reading before; None for
            the first reading, and where the system does not count.
    """

    ram_total: int
    ram_available: int
    ram_window: int
    ram_engine: int
    devices: tuple[DeviceGauge, ...]
    drive_read_per_second: float | None


class GaugeReader:
    """Reads the gauges, and remembers what rates need to know of the reading before."""

    def __init__(self) -> None:
        self._drives = _physical_drives()
        self._last: tuple[float, int | None] | None = None

    def read(self, engine_pid: int | None) -> Gauges:
        """The gauges now. `engine_pid` is None while there is no engine process."""
        memory = read_memory()
        own = {os.getpid(), engine_pid}
        return Gauges(
            ram_total=memory.total,
            ram_available=memory.available,
            ram_window=_resident(os.getpid()),
            ram_engine=0 if engine_pid is None else _resident(engine_pid),
            devices=tuple(
                DeviceGauge(
                    name=device.name,
                    title=device.title,
                    total=device.total,
                    used=device.total - device.free,
                    ours=sum(size for pid, size in device.bytes_by_process.items() if pid in own),
                )
                for device in read_devices()
            ),
            drive_read_per_second=self._drive_rate(),
        )

    def _drive_rate(self) -> float | None:
        now, total = time.monotonic(), self._bytes_read()
        before, self._last = self._last, (now, total)
        if before is None or before[1] is None or total is None:
            return None
        # A drive that was removed takes its count away.
        return max(0, total - before[1]) / max(now - before[0], 1e-6)

    def _bytes_read(self) -> int | None:
        try:
            counters = psutil.disk_io_counters(perdisk=True)
        except NotImplementedError:  # Some containers hide their drives.
            return None
        names = counters.keys() & self._drives if self._drives else counters.keys()
        return sum(counters[name].read_bytes for name in names)


def _resident(pid: int) -> int:
    """Resident memory of a process in bytes; 0 if it is gone."""
    try:
        return int(psutil.Process(pid).memory_info().rss)
    except psutil.NoSuchProcess:
        return 0


def _physical_drives() -> frozenset[str] | None:
    """Names of the drives to count; None to count all that the system names.

    Linux names partitions, encrypted volumes and loops as well, each of which would count the same bytes again.
    """
    return frozenset(device.parent.name for device in Path("/sys/block").glob("*/device")) or None
