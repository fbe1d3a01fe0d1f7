"""The chosen pair and the settings behind it, and a hub on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.picker.choice import Choice
from app.settings.kept import KeptSettings
from tests.hub_server.client import online, server

__all__ = ["online", "server"]


@pytest.fixture
def kept(qapp: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[KeptSettings]:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "no cache"))
    kept = KeptSettings(tmp_path / "settings.toml")
    yield kept
    kept.close()


@pytest.fixture
def choice(kept: KeptSettings) -> Iterator[Choice]:
    choice = Choice(lambda: kept.current, kept.remember)
    yield choice
    choice.close()
