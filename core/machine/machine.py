"""What a computer offers: memory, devices and measured speeds, as plain data that can be saved and edited."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType

NOTHING: Mapping[str, int] = MappingProxyType({})


class Source(StrEnum):
    """How a figure came to be known."""

    MEASURED = "measured"
    VENDOR = "vendor"
    ASSUMED = "assumed"


@dataclass(frozen=True, slots=True)
class Figure:
    """A speed, with its pedigree. `when` is an ISO date; `how` one sentence."""

    value: float
    source: Source
    how: str
    when: str | None = None


@dataclass(frozen=True, slots=True)
class LayerCost:
    """What one decoder layer of some shape takes once its weights are there, with its pedigree as in `Figure`.

    Attributes:
        shape: As `layers.shape_name` calls it.
        device: Title of the accelerator that computed it; "" for the processor.
        parameters: Of the layer.
        rows, seconds: Seconds of a layer by the rows of a pass, behind a text of some hundred tokens. Ascending.
    """

    shape: str
    device: str
    dtype: str
    parameters: int
    rows: tuple[int, ...]
    seconds: tuple[float, ...]
    source: Source
    how: str
    when: str | None = None

    def at(self, rows: int) -> float:
        """Seconds at some rows: on the line between its neighbours, and beyond the last in proportion."""
        if rows >= self.rows[-1]:
            return self.seconds[-1] * rows / self.rows[-1]
        above = bisect_left(self.rows, rows)
        if above == 0:
            return self.seconds[0]
        low, high = self.rows[above - 1], self.rows[above]
        share = (rows - low) / (high - low)
        return self.seconds[above - 1] + share * (self.seconds[above] - self.seconds[above - 1])


@dataclass(frozen=True, slots=True)
class Program:
    """Another program, and the bytes that it holds of some memory."""

    name: str
    bytes: int


@dataclass(frozen=True, slots=True)
class Device:
    """An accelerator. Sizes in bytes.

    Attributes:
        name, title: Torch's name ("cuda:0", "mps") and its maker's.
        dtype: The number format that it computes best in.
        programs: Those that hold most of its memory, as far as its driver says.
    """

    name: str
    title: str
    total_bytes: int
    free_bytes: int
    dtype: str = "bfloat16"
    programs: tuple[Program, ...] = ()

    @property
    def shares_ram(self) -> bool:
        """Whether its memory is a share of RAM, as Apple's is."""
        return self.name == "mps"


@dataclass(frozen=True, slots=True)
class Machine:
    """A computer. Sizes in bytes, rates in bytes or operations per second.

    Attributes:
        bf16: Whether the processor computes better in bfloat16 than in float32.
        ram_available: RAM that can still be had without swapping, other programs running.
        engine_bytes: What an engine process takes before it loads anything (Python, torch, transformers).
        drive_read: Direct sequential reads from the drive that holds the model.
        drive_threads: How many threads that takes.
        memory_read: What all cores together read from RAM.
        matmul: Achieved rate of matrix products of 64 rows on the compute device, in the number format that it
            computes best in.
        host_to_device: Copies from RAM to the accelerator; None without one.
        host_to_device_pageable: The same where the system does not lock the memory; None where nobody measured it.
        device_read: What the accelerator reads from its own memory; None where nobody knows.
        layers: What layers took; where there are none, products and reading of memory are reckoned instead.
        programs: Those that hold most RAM, if somebody looked.
        drive: What kind of drive holds the model ("NVMe", "SATA", "hard disk", "virtual", …); "" where nobody knows.
    """

    cpu: str
    cores: int
    bf16: bool
    ram_total: int
    ram_available: int
    devices: tuple[Device, ...]
    engine_bytes: Figure
    drive_read: Figure
    drive_threads: Figure
    memory_read: Figure
    matmul: Figure
    host_to_device: Figure | None
    host_to_device_pageable: Figure | None = None
    device_read: Figure | None = None
    layers: tuple[LayerCost, ...] = ()
    drive: str = ""
    programs: tuple[Program, ...] = ()

    def with_freed(self, ram: int, vram: Mapping[str, int] = NOTHING) -> Machine:
        """This computer once so many bytes are given back: of RAM, and of accelerators by name."""
        devices = tuple(
            replace(card, free_bytes=min(card.total_bytes, card.free_bytes + vram.get(card.name, 0)))
            for card in self.devices
        )
        return replace(self, ram_available=min(self.ram_total, self.ram_available + ram), devices=devices)
