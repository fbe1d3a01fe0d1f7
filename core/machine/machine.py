"""What a computer offers: memory, devices and measured speeds, as plain data that can be saved and edited."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


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
class Device:
    """An accelerator. Sizes in bytes.

    Attributes:
        name, title: Torch's name ("cuda:0", "mps") and its maker's.
        dtype: The number format that it computes best in.
    """

    name: str
    title: str
    total_bytes: int
    free_bytes: int
    dtype: str = "bfloat16"

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
