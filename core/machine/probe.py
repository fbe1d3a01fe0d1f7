"""Says what this computer is, in milliseconds: measured speeds come from the saved profile, others are assumed."""

from __future__ import annotations

from pathlib import Path

from core.machine.machine import Device, Figure, Machine, Source
from core.machine.memory import read_memory
from core.machine.nvidia import NvidiaDevice, read_devices
from core.machine.processor import Processor, read_processor
from core.machine.profile import recorded

ENGINE_BYTES = 420 << 20
"""Resident memory of an engine process before it loads anything: 385 to 405 MiB with torch 2.13 (CPU) and transformers
5.23 on Linux, and a little more to be safe elsewhere."""

DRIVE_READ = 1.0e9
MEMORY_READ_PER_CORE, MEMORY_READ_MOST = 17.5e9, 40e9
"""Two Zen 4 cores read 35 GB/s; more cores meet the limit of two memory channels."""

MATMUL_PER_CORE_BF16, MATMUL_PER_CORE_FP32 = 160e9, 56e9
"""Two Zen 4 cores reached 319 and 113 GFLOP/s with 64 rows."""

MATMUL_DEVICE = 20e12
BUS_READ, BUS_EFFICIENCY = 10e9, 0.8


def probe_machine(folder: Path | None = None) -> Machine:
    """This computer now.

    Args:
        folder: A folder on the drive whose speed is asked for; None for that of the person's home.
    """
    processor, memory, devices = read_processor(), read_memory(), read_devices()
    return Machine(
        cpu=processor.title,
        cores=processor.cores,
        bf16=processor.bf16,
        ram_total=memory.total,
        ram_available=memory.available,
        devices=tuple(Device(device.name, device.title, device.total, device.free) for device in devices),
        engine_bytes=recorded("engine_bytes")
        or _assumed(ENGINE_BYTES, "Not measured yet: what torch and transformers took on a Linux computer."),
        drive_read=recorded("drive_read", folder)
        or _assumed(DRIVE_READ, "Not measured yet: what a plain solid-state drive reads."),
        memory_read=recorded("memory_read") or _memory_read(processor),
        matmul=recorded("matmul") or _matmul(processor, devices),
        host_to_device=recorded("host_to_device") or _host_to_device(devices),
    )


def _assumed(value: float, how: str) -> Figure:
    return Figure(value, Source.ASSUMED, how)


def _memory_read(processor: Processor) -> Figure:
    value = min(processor.cores * MEMORY_READ_PER_CORE, MEMORY_READ_MOST)
    return _assumed(value, f"Not measured yet: two memory channels shared by {processor.cores} cores.")


def _matmul(processor: Processor, devices: tuple[NvidiaDevice, ...]) -> Figure:
    if devices:
        return _assumed(MATMUL_DEVICE, "Not measured yet: a mid-range graphics card.")
    per_core, dtype = (MATMUL_PER_CORE_BF16, "bfloat16") if processor.bf16 else (MATMUL_PER_CORE_FP32, "float32")
    return _assumed(
        processor.cores * per_core,
        f"Not measured yet: {processor.cores} cores, each as fast as a Zen 4 one in {dtype}.",
    )


def _host_to_device(devices: tuple[NvidiaDevice, ...]) -> Figure | None:
    if not devices:
        return None
    if devices[0].bus:
        return Figure(devices[0].bus * BUS_EFFICIENCY, Source.VENDOR, "80 % of what the PCIe link is rated for.")
    return _assumed(BUS_READ, "Not measured yet: a PCIe link of generation 3.")
