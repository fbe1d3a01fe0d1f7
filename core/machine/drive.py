"""Which kind of drive a folder lies on, as far as the system says."""

from __future__ import annotations

import os
import sys
from pathlib import Path

BLOCK = Path("/sys/dev/block")


def drive_kind(folder: Path, block: Path = BLOCK) -> str:
    """ "NVMe", "SSD", "hard disk", "virtual drive"; "" where the system does not say.

    Args:
        block: Where Linux names its drives by number.
    """
    if sys.platform != "linux":
        return ""
    try:
        number = folder.resolve().stat().st_dev
        device = (block / f"{os.major(number)}:{os.minor(number)}").resolve(strict=True)
        # A partition lies within its drive.
        drive = device if (device / "queue").exists() else device.parent
        spins = (drive / "queue" / "rotational").read_text("ascii").strip() == "1"
    except OSError:  # A network or memory file system, or a folder that has gone.
        return ""
    if drive.name.startswith("nvme"):
        return "NVMe"
    if drive.name.startswith(("vd", "xvd")):
        return "virtual drive"
    return "hard disk" if spins else "SSD"
