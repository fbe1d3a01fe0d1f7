"""What tests that ask a test hub need: a client that may, without the person's token, keyring and cache."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.hub.hub import Hub
from tests.hub_server.server import HubServer


@pytest.fixture
def server() -> Iterator[HubServer]:
    with HubServer() as server:
        yield server


@pytest.fixture
def online(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The library may reach the network, which for tests is loopback; nothing of the person's is read."""
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache" / "hub"))
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "no token"))
    monkeypatch.setattr(constants, "HF_STORED_TOKENS_PATH", str(tmp_path / "no tokens"))
    monkeypatch.delenv("HF_TOKEN", raising=False)
    monkeypatch.setenv("PENJING_KEYRING", "none")


@pytest.fixture
def hub(server: HubServer, online: None) -> Hub:
    return Hub(server.endpoint, token=lambda: None)


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """Where downloads go."""
    folder = tmp_path / "models"
    folder.mkdir()
    return folder
