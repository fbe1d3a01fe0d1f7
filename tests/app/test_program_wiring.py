"""First pages, help, links and the settings' sections in the real window."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.engine_link import EngineLink
from app.style.theme import Appearance, theme
from app.window import MainWindow
from core.engine.client import EngineClient
from core.locations import DEMO_TARGET, user_data

WAIT = 15_000


@pytest.fixture
def open_window(
    qtbot: QtBot, make_client: Callable[[], EngineClient], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[Callable[[], MainWindow]]:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "no cache"))
    windows: list[MainWindow] = []

    def open_one() -> MainWindow:
        window = MainWindow(user_data(), EngineLink(make_client))
        theme().wear(Appearance.LIGHT)
        windows.append(window)
        window.show()
        qtbot.waitUntil(lambda: window.planner.plan is not None, timeout=WAIT)
        return window

    yield open_one
    for window in windows:
        window.close()
        window.deleteLater()


def test_the_first_start_shows_its_pages_once(open_window: Callable[[], MainWindow], qtbot: QtBot) -> None:
    first = open_window()
    assert first.pages.currentWidget() is first.program.first_run
    qtbot.keyClick(first, Qt.Key.Key_Escape)
    assert first.pages.currentWidget() is first.chat
    first.close()
    second = open_window()
    assert second.pages.currentWidget() is second.chat


def test_the_demo_pair_is_one_press_away(open_window: Callable[[], MainWindow]) -> None:
    window = open_window()
    window.program.first_run.demo.click()
    assert window.pages.currentWidget() is window.chat
    assert window.choice.target is not None
    assert window.choice.target.folder == DEMO_TARGET


def test_what_this_computer_can_run_is_there_before_it_is_asked_for(open_window: Callable[[], MainWindow]) -> None:
    window = open_window()
    assert window.program.first_run._table.count() == 24


def test_help_opens_by_its_key_and_goes_away_by_escape(open_window: Callable[[], MainWindow], qtbot: QtBot) -> None:
    window = open_window()
    qtbot.keyClick(window, Qt.Key.Key_F1)
    assert window.pages.currentWidget() is window.program.help
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    assert window.pages.currentWidget() is window.chat


def test_links_show_pages_and_change_nothing(open_window: Callable[[], MainWindow]) -> None:
    window = open_window()
    window.program.open("penjing:models")
    assert window.pages.currentWidget() is window.picker
    window.program.open("penjing:help")
    assert window.pages.currentWidget() is window.program.help
    window.program.open("penjing:new")
    assert window.pages.currentWidget() is window.chat
    folders = list(window.settings.current.folders)
    window.program.open("penjing:../../etc")
    assert window.settings.current.folders == folders


def test_a_model_file_that_is_opened_is_offered(open_window: Callable[[], MainWindow], tmp_path: Path) -> None:
    window = open_window()
    (tmp_path / "models").mkdir()
    (tmp_path / "models/model.gguf").write_bytes(b"GGUF")
    window.program.open((tmp_path / "models/model.gguf").as_uri())
    assert tmp_path / "models" in window.settings.current.folders
    assert window.pages.currentWidget() is window.picker


def test_choosing_updates_on_the_first_pages_shows_in_the_settings(open_window: Callable[[], MainWindow]) -> None:
    window = open_window()
    window.program.first_run.updates.click()
    assert window.settings.current.updates
    assert window.program._updates_section.daily.isChecked()
