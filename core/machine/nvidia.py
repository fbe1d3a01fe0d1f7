"""What the NVIDIA driver says of its devices. Without a driver there are none, which is no error."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import pynvml

PCIE_LANE_BYTES = {1: 0.25e9, 2: 0.5e9, 3: 0.985e9, 4: 1.969e9, 5: 3.938e9, 6: 7.563e9}
"""Bytes per second of one lane, by generation, after line coding."""


@dataclass(frozen=True, slots=True)
class NvidiaDevice:
    """One device now. `name` is torch's, `bus` the nominal bytes per second of its PCIe link (0 if it does not say)."""

    name: str
    title: str
    total: int
    free: int
    bus: float
    bytes_by_process: dict[int, int]


def read_devices() -> tuple[NvidiaDevice, ...]:
    """The devices that torch would see, in its order if CUDA_DEVICE_ORDER is PCI_BUS_ID; () without a driver."""
    if not _driver_present():
        return ()
    try:
        handles = [pynvml.nvmlDeviceGetHandleByIndex(index) for index in range(pynvml.nvmlDeviceGetCount())]
        return tuple(_read(f"cuda:{position}", handle) for position, handle in enumerate(_visible(handles)))
    except pynvml.NVMLError:  # The driver was unloaded, or a device fell off its bus: torch finds none either.
        return ()


@lru_cache(maxsize=1)
def _driver_present() -> bool:
    """Starts NVML once for the life of the process: it takes longer than reading from it."""
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:
        return False
    return True


def _visible(handles: list[Any]) -> list[Any]:
    """Those that CUDA_VISIBLE_DEVICES names, by number or by the start of their UUID, up to the first wrong name."""
    wanted = os.environ.get("CUDA_VISIBLE_DEVICES")
    if wanted is None:
        return handles
    chosen: list[Any] = []
    for name in (part.strip() for part in wanted.split(",")):
        if name.isdigit() and int(name) < len(handles):
            chosen.append(handles[int(name)])
        else:
            matching = [handle for handle in handles if name and pynvml.nvmlDeviceGetUUID(handle).startswith(name)]
            if len(matching) != 1:
                break
            chosen += matching
    return chosen


def _read(name: str, handle: Any) -> NvidiaDevice:
    memory = pynvml.nvmlDeviceGetMemoryInfo(handle)
    return NvidiaDevice(
        name=name,
        title=pynvml.nvmlDeviceGetName(handle),
        total=memory.total,
        free=memory.free,
        bus=_bus(handle),
        bytes_by_process=_processes(handle),
    )


def _bus(handle: Any) -> float:
    try:
        generation = pynvml.nvmlDeviceGetMaxPcieLinkGeneration(handle)
        lanes = pynvml.nvmlDeviceGetMaxPcieLinkWidth(handle)
    except pynvml.NVMLError:  # Not every device has such a link.
        return 0.0
    return PCIE_LANE_BYTES.get(generation, 0.0) * int(lanes)


def _processes(handle: Any) -> dict[int, int]:
    """Bytes per process; Windows leaves them out."""
    try:
        running = pynvml.nvmlDeviceGetComputeRunningProcesses(handle)
    except pynvml.NVMLError:  # Partitioned devices and some permissions refuse it.
        return {}
    return {process.pid: process.usedGpuMemory for process in running if process.usedGpuMemory is not None}
