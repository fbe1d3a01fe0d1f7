"""Where Penjing finds its own data and keeps the person's."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import platformdirs

from core.errors import FolderNotWritable

INSTALLATION = Path(__file__).resolve().parent.parent
"""The folder that holds `core`, `app` and `resources`."""

FROZEN = bool(getattr(sys, "frozen", False))
"""Whether this is the installed program, which brings its own Python, rather than Python running the sources."""

_CONSOLE = FROZEN and sys.platform == "win32"
INTERPRETER = str(Path(sys.executable).with_name("penjing.exe")) if _CONSOLE else sys.executable
"""What runs modules of ours by `-m`. On Windows that is the program with a console, whose pipes work, whoever asks."""

CODE = INSTALLATION / "code" if FROZEN else INSTALLATION
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
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FolderNotWritable(
            f"The folder for chats and settings, {folder}, cannot be written: {error.strerror}.",
            "Make your home folder writable, or set PENJING_HOME to a folder that is.",
        ) from error
    return folder


def models_folder() -> Path:
    """Where downloaded models go, as OWNER/NAME. PENJING_MODELS overrides it, for a drive with more room."""
    override = os.environ.get("PENJING_MODELS")
    folder = Path(override) if override else user_data() / "models"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
