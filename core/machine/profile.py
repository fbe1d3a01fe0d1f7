"""Keeps the speeds that were measured on this computer, so that plans rest on them the next time.

One JSON file in the person's data folder. Figures are bound to the processor they were measured with, and a drive's to
the place where it is mounted, so that a moved home folder brings no wrong ones along.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from core.locations import user_data
from core.machine.machine import Figure, Source
from core.machine.processor import read_processor

FILE_NAME = "machine.json"
PER_DRIVE = {"drive_read", "drive_threads"}


def recorded(name: str, folder: Path | None = None) -> Figure | None:
    """The figure of that name in `Machine` that was recorded last on this computer, or None.

    Args:
        folder: For a drive's figure, any folder on that drive.
    """
    match kept().get(_key(name, folder)):
        case {"value": int() | float() as value, "how": str(how), "when": str() | None as when}:
            return Figure(float(value), Source.MEASURED, how, when)
        case _:
            return None


def record(name: str, figure: Figure, folder: Path | None = None) -> None:
    """Keeps a measured figure under its name in `Machine` ("drive_read", "engine_bytes", …).

    Raises:
        OSError: The data folder cannot be written.
    """
    keep(_key(name, folder), {"value": figure.value, "how": figure.how, "when": figure.when})


def keep(key: str, entry: dict[str, Any]) -> None:
    """Keeps an entry under a key of its own. Raises OSError if the data folder cannot be written."""
    figures = kept() | {key: entry}
    file = user_data() / FILE_NAME
    # Written beside and moved, so that a reader never meets half a file.
    draft = file.with_name(f"{FILE_NAME}.{os.getpid()}")
    draft.write_text(json.dumps({"processor": read_processor().title, "figures": figures}, indent=1), "utf-8")
    draft.replace(file)


def kept() -> dict[str, Any]:
    """All entries of this computer; none if the file is missing, damaged or another computer's: they come again."""
    try:
        content = json.loads((user_data() / FILE_NAME).read_bytes())
    except (OSError, ValueError):
        return {}
    match content:
        case {"processor": str(processor), "figures": dict(figures)} if processor == read_processor().title:
            return figures
        case _:
            return {}


def _key(name: str, folder: Path | None) -> str:
    if name not in PER_DRIVE:
        return name
    mount = (folder or Path.home()).resolve()
    while not os.path.ismount(mount):
        mount = mount.parent
    return f"{name} {mount}"
