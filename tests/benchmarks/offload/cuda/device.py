"""The NVIDIA device that is measured, its bus, and the machine around it as the planner sees it."""

from __future__ import annotations

import statistics
import time
from dataclasses import replace
from pathlib import Path

import torch

from core.engine.arithmetic import measure_products
from core.machine.machine import Device, Figure, Machine, Source
from core.machine.probe import probe_machine
from core.offload.page_locking import lock_pages
from core.offload.weight_reader import StagingBuffer

DEVICE = torch.device("cuda:0")

_COPIED = 1 << 30
_COPIES = 5

READING_THREADS = 8
"""For loading, which is not measured, from a drive or from files in RAM that one thread does not keep busy."""


def machine(folder: Path, bus: float = 10e9, ram: int = 0) -> Machine:
    """This machine with this one device, whatever the driver's own interface says of it.

    Args:
        bus: Bytes per second from RAM to the device.
        ram: Bytes of RAM that there are at least: virtual machines may get more as they use it.
    """
    free, total = torch.cuda.mem_get_info(DEVICE)
    probed = probe_machine(folder)
    return replace(
        probed,
        ram_total=max(ram, probed.ram_total),
        ram_available=max(ram, probed.ram_available),
        devices=(Device(str(DEVICE), torch.cuda.get_device_name(DEVICE), total, free),),
        host_to_device=Figure(bus, Source.MEASURED, "The benchmark measured it."),
        matmul=measure_products("bfloat16", DEVICE),
        drive_threads=Figure(READING_THREADS, Source.ASSUMED, "The benchmark does not measure loading."),
    )


def measure_bus(locked: bool) -> float:
    """Bytes per second of plain copies from RAM to the device: the median of a few of a GiB.

    Args:
        locked: Whether the pages are locked, as those of weights that wait in RAM are.

    Raises:
        RuntimeError: The system refused to lock them.
    """
    buffer = StagingBuffer(_COPIED)
    source = torch.frombuffer(buffer.memory, dtype=torch.uint8)
    source.fill_(1)
    if locked and not lock_pages(buffer):
        raise RuntimeError("the system refused to lock a GiB of memory")
    torch.cuda.set_per_process_memory_fraction(1.0, DEVICE)  # an engine that was there had a limit
    target = torch.empty(_COPIED, dtype=torch.uint8, device=DEVICE)
    seconds = []
    for _ in range(_COPIES + 1):
        torch.cuda.synchronize(DEVICE)
        start = time.perf_counter()
        target.copy_(source, non_blocking=True)
        torch.cuda.synchronize(DEVICE)
        seconds.append(time.perf_counter() - start)
    del source
    buffer.close()
    return _COPIED / statistics.median(seconds[1:])
