"""Says what this computer is, in milliseconds: measured speeds come from the saved profile, others are assumed."""

from __future__ import annotations

import platform
import sys
from dataclasses import replace
from pathlib import Path

from core.machine.amd import read_cards, torch_is_for_rocm
from core.machine.apple import apple_device
from core.machine.arithmetic import best_dtype, recorded_rates
from core.machine.drive import drive_kind
from core.machine.layers import recorded_layers
from core.machine.machine import Device, Figure, Machine, Source
from core.machine.memory import read_memory
from core.machine.nvidia import NvidiaDevice, read_devices
from core.machine.processor import Processor, read_processor
from core.machine.profile import recorded
from core.machine.programs import named

ENGINE_BYTES = 392 << 20
"""Resident memory of an engine process before it loads anything: 357 to 376 MiB with torch 2.13 (CPU) and transformers
5.23 on Linux, and a little more to be safe elsewhere."""

DRIVE_READ = 1.0e9

DRIVE_THREADS = 2
"""While one thread takes its next read in hand the other's keeps the drive busy."""

MEMORY_READ_PER_CORE, MEMORY_READ_MOST = 17.5e9, 40e9
"""Two Zen 4 cores read 35 GB/s; more cores meet the limit of two memory channels."""

MATMUL_PER_CORE_BF16, MATMUL_PER_CORE_FP32 = 160e9, 56e9
"""Two Zen 4 cores reached 319 and 113 GFLOP/s with 64 rows."""

MATMUL_DEVICE, MATMUL_APPLE = 20e12, 3e12
BUS_READ, BUS_EFFICIENCY = 10e9, 0.8


def probe_machine(folder: Path | None = None) -> Machine:
    """This computer now.

    Args:
        folder: A folder on the drive whose speed is asked for; None for that of the person's home.
    """
    processor, memory, nvidia = read_processor(), read_memory(), read_devices()
    apple = apple_device(sys.platform, platform.machine(), processor.title, memory)
    devices = [
        _with_dtype(Device(card.name, card.title, card.total, card.free, programs=named(card.bytes_by_process)))
        for card in nvidia
    ]
    if not nvidia and torch_is_for_rocm():
        devices = [_with_dtype(Device(card.name, card.title, card.total, card.free)) for card in read_cards()]
    rates = recorded_rates(None)
    return Machine(
        cpu=processor.title,
        cores=processor.cores,
        bf16=best_dtype(rates) == "bfloat16" if rates else processor.bf16,
        ram_total=memory.total,
        ram_available=memory.available,
        devices=(*devices, apple) if apple else tuple(devices),
        engine_bytes=recorded("engine_bytes")
        or _assumed(ENGINE_BYTES, "Not measured yet: what torch and transformers took on a Linux computer."),
        drive_read=recorded("drive_read", folder)
        or _assumed(DRIVE_READ, "Not measured yet: what a plain solid-state drive reads."),
        drive_threads=recorded("drive_threads", folder)
        or _assumed(DRIVE_THREADS, "Not measured yet: two threads leave a drive no gap between reads."),
        memory_read=recorded("memory_read") or _memory_read(processor),
        matmul=_matmul(processor, devices[0] if devices else None, apple),
        host_to_device=recorded("host_to_device") or (_host_to_device(nvidia) if devices else None),
        host_to_device_pageable=recorded("host_to_device_pageable"),
        device_read=recorded("device_read"),
        layers=recorded_layers(),
        drive=drive_kind(folder or Path.home()),
    )


def _assumed(value: float, how: str) -> Figure:
    return Figure(value, Source.ASSUMED, how)


def _memory_read(processor: Processor) -> Figure:
    value = min(processor.cores * MEMORY_READ_PER_CORE, MEMORY_READ_MOST)
    return _assumed(value, f"Not measured yet: two memory channels shared by {processor.cores} cores.")


def _with_dtype(device: Device) -> Device:
    rates = recorded_rates(device)
    return replace(device, dtype=best_dtype(rates)) if rates else device


def _matmul(processor: Processor, card: Device | None, apple: Device | None) -> Figure:
    # Apple's graphics cores are not measured yet, and what the processor does says nothing of them.
    rates = {} if apple else recorded_rates(card)
    if rates:
        return rates[best_dtype(rates)]
    if card:
        return _assumed(MATMUL_DEVICE, "Not measured yet: a mid-range graphics card.")
    if apple:
        return _assumed(MATMUL_APPLE, "Not measured yet: the graphics cores of Apple's smaller processors.")
    per_core, dtype = (MATMUL_PER_CORE_BF16, "bfloat16") if processor.bf16 else (MATMUL_PER_CORE_FP32, "float32")
    return _assumed(
        processor.cores * per_core,
        f"Not measured yet: {processor.cores} cores, each as fast as a Zen 4 one in {dtype}.",
    )


def _host_to_device(devices: tuple[NvidiaDevice, ...]) -> Figure:
    if devices and devices[0].bus:
        return Figure(devices[0].bus * BUS_EFFICIENCY, Source.VENDOR, "80 % of what the PCIe link is rated for.")
    return _assumed(BUS_READ, "Not measured yet: a PCIe link of generation 3.")
