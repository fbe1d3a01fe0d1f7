"""Where Penjing finds its own data and keeps the person's."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import platformdirs

from core.errors import FolderNotWritable

_IMPORTED_FROM = Path(__file__).resolve().parent.parent

INSTALLATION = _IMPORTED_FROM if (_IMPORTED_FROM / "resources").is_dir() else _IMPORTED_FROM.parent
"""The folder that holds `resources`. For a Python that runs the frozen program's `code`, that is one level up."""

FROZEN = bool(getattr(sys, "frozen", False))
"""Whether this is the installed program, which brings its own Python, rather than Python running the sources."""

_CONSOLE = FROZEN and sys.platform == "win32"
INTERPRETER = str(Path(sys.executable).with_name("penjing.exe")) if _CONSOLE else sys.executable
"""What runs modules of ours by `-m`. On Windows that is the program with a console, whose pipes work, whoever asks."""

CODE = INSTALLATION / "code" if FROZEN else _IMPORTED_FROM
"""Where another Python finds `core` as source files: the frozen program has its own modules in an archive."""

RESOURCES = INSTALLATION / "resources"
"""Data shipped with the program: demo models, icons, catalogue."""

GUIDE = INSTALLATION / "docs" / "guide"
"""The user guide, which the window shows."""

DEMO_TARGET = RESOURCES / "models" / "penjing-demo"
DEMO_DRAFT = RESOURCES / "models" / "penjing-demo-draft"


def user_data() -> Path:
    """The folder of chats, settings and logs. PENJING_HOME overrides the system's convention.

    Raises FolderNotWritable if it is not there and cannot be made.
    """
    override = os.environ.get("PENJING_HOME")
    folder = Path(override) if override else platformdirs.user_data_path("penjing", appauthor=False)
    return _made(folder, "chats and settings", "PENJING_HOME")


def user_cache() -> Path:
    """The folder of what can be made again. It lies beside the rest where PENJING_HOME says where that is."""
    override = os.environ.get("PENJING_HOME")
    return Path(override) / "cache" if override else platformdirs.user_cache_path("penjing", appauthor=False)


def check_user_data() -> None:
    """Raises FolderNotWritable unless files can be written to the folder of chats, settings and logs."""
    folder = user_data()
    try:
        with tempfile.TemporaryFile(dir=folder):
            return
    except OSError as error:
        raise _not_writable(folder, "chats and settings", "PENJING_HOME", error) from error


def models_folder() -> Path:
    """Where downloaded models go, as OWNER/NAME. PENJING_MODELS overrides it, for a drive with more room.

    Raises FolderNotWritable if it is not there and cannot be made.
    """
    override = os.environ.get("PENJING_MODELS")
    return _made(Path(override) if override else user_data() / "models", "models", "PENJING_MODELS")


def _made(folder: Path, what: str, variable: str) -> Path:
    """A folder that is made if it is missing; the variable names another one."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _not_writable(folder, what, variable, error) from error
    return folder


def _not_writable(folder: Path, what: str, variable: str, error: OSError) -> FolderNotWritable:
    return FolderNotWritable(
        f"The folder for {what}, {folder}, cannot be written: {error.strerror}.",
        f"Make your home folder writable, or set {variable} to a folder that is.",
    )
