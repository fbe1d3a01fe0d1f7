"""What the pack for NVIDIA cards holds on this system, what it takes, and whether this computer can use it."""

from __future__ import annotations

import hashlib
import platform
import sys
from dataclasses import dataclass
from pathlib import Path

import pynvml

from core.errors import GpuPackFailed
from core.locations import RESOURCES

LOCKS = RESOURCES / "gpu_pack"
CUDA = 13
"""The version of CUDA that the pack brings."""

OLDEST_DRIVER = {"linux": 580, "win32": 580}
"""The first NVIDIA driver, by system, that programs for this CUDA run on."""

TORCH_BACKEND = {"win32": f"cu{CUDA}0"}
"""By system, what uv calls PyTorch's own index with the CUDA build, where the default index has none."""

PACK_BYTES = 4_900_000_000
"""What the whole pack takes on the drive (measured for Linux); about 2.6 GB of downloads unpack to it."""

SPARE_BYTES = 700_000_000
"""Room beyond that while packages unpack."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """The packages of the pack.

    Attributes:
        lock: A requirements file with the checksum of every package.
        key: Changes whenever the content of the lock does: a pack belongs to exactly one lock.
        python: The version of Python they are for.
        torch_backend: As in `TORCH_BACKEND`; "" where torch comes from the default index.
    """

    lock: Path
    key: str
    python: str = "3.11"
    torch_backend: str = ""


def find_recipe(locks: Path = LOCKS) -> Recipe | None:
    """The recipe for this system; None if this version of Penjing has none for it."""
    system = {"linux": "linux", "win32": "windows"}.get(sys.platform, sys.platform)
    machine = {"AMD64": "x86_64"}.get(platform.machine(), platform.machine())
    lock = locks / f"{system}-{machine}-cuda{CUDA}.txt"
    if not lock.exists():
        return None
    key = hashlib.sha256(lock.read_bytes()).hexdigest()[:16]
    return Recipe(lock, key, torch_backend=TORCH_BACKEND.get(sys.platform, ""))


def driver_version() -> str | None:
    """The version of the NVIDIA driver; None if there is no card or no driver."""
    try:
        pynvml.nvmlInit()
        if not pynvml.nvmlDeviceGetCount():
            return None
        return str(pynvml.nvmlSystemGetDriverVersion())
    except pynvml.NVMLError:
        return None


def check_driver(version: str | None) -> None:
    """Raises GpuPackFailed unless the pack can run with this driver."""
    if version is None:
        raise GpuPackFailed(
            "There is no NVIDIA card here, or its driver is not installed.",
            "Models compute on the processor; with a card, install NVIDIA's driver first.",
        )
    oldest = OLDEST_DRIVER.get(sys.platform, 0)
    if int(version.partition(".")[0]) < oldest:
        raise GpuPackFailed(
            f"The NVIDIA driver is version {version}, and the pack needs {oldest} or newer.",
            "Update the driver, then try again. Until then models compute on the processor.",
        )
