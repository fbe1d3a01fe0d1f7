"""Where Penjing finds its own data and keeps the person's."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

RESOURCES = Path(__file__).resolve().parent.parent / "resources"
"""Data shipped with the program: demo models, icons, catalogue."""

DEMO_TARGET = RESOURCES / "models" / "penjing-demo"
DEMO_DRAFT = RESOURCES / "models" / "penjing-demo-draft"


def user_data() -> Path:
    """The folder of chats, settings and logs. PENJING_HOME overrides the system's convention."""
    override = os.environ.get("PENJING_HOME")
    folder = Path(override) if override else platformdirs.user_data_path("penjing", appauthor=False)
    folder.mkdir(parents=True, exist_ok=True)
    return folder
