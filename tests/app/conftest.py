"""The parts that tests of the window share: whole windows on an engine process that follows a script."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.engine_link import EngineLink
from app.style.theme import Appearance, theme
from app.window import MainWindow
from core.engine.client import EngineClient
from core.locations import user_data

WAIT = 15_000

Opener = Callable[[], MainWindow]

SCRIPTED_ENGINE = Path(__file__).with_name("scripted_engine.py")


@pytest.fixture
def make_client(tmp_path: Path) -> Callable[[], EngineClient]:
    """Makes clients of processes that speak the wire protocol and do as the prompt says (see scripted_engine.py)."""
    interpreter = tmp_path / "interpreter"
    interpreter.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{SCRIPTED_ENGINE}"\n', encoding="utf-8")
    interpreter.chmod(0o755)
    return lambda: EngineClient(str(interpreter))


@pytest.fixture
def link(qapp: object, make_client: Callable[[], EngineClient]) -> Iterator[EngineLink]:
    link = EngineLink(make_client)
    yield link
    link.close()


@pytest.fixture
def open_window(
    qtbot: QtBot, make_client: Callable[[], EngineClient], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[Opener]:
    """Opens windows on an engine process that follows a script, with the demo pair as the only models."""
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "no cache"))
    windows: list[MainWindow] = []

    def open_one() -> MainWindow:
        window = MainWindow(user_data(), EngineLink(make_client))
        window.settings.remember(welcomed=True)
        theme().wear(Appearance.LIGHT)
        windows.append(window)
        window.show()
        qtbot.waitUntil(lambda: window.planner.plan is not None, timeout=WAIT)
        # At the very first start there are other pages before it.
        window.show_chat()
        return window

    yield open_one
    for window in windows:
        window.close()
        window.deleteLater()


@pytest.fixture
def window(open_window: Opener) -> MainWindow:
    return open_window()
