"""What every test stands on: no screen, no network, and a data folder of its own instead of the person's."""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

# Before anything imports Qt, torch or the Hugging Face libraries, which read these once. Child processes inherit them.
os.environ["QT_QPA_PLATFORM"] = "offscreen"
os.environ["HF_HUB_OFFLINE"] = "1"
# Two threads that share two cores with Qt's and pytest's wait for each other at every small matrix product.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# How long an example takes depends on what else the machine does, which is no property of the code.
settings.register_profile("penjing", deadline=None)
settings.load_profile("penjing")


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Chats, settings, measured speeds and logs of a test go to an empty folder."""
    monkeypatch.setenv("PENJING_HOME", str(tmp_path_factory.mktemp("home")))
