"""The docks make room for pages in a small window, and have their widths again afterwards."""

from __future__ import annotations

from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.arrangement import NARROWEST, TREE
from app.window import MainWindow
from core.decoding.trace import TraceHead
from tests.app.tree.steps import small_step


def widths(window: MainWindow) -> tuple[int, int]:
    QApplication.processEvents()
    return window.left.width(), window.right.width()


def test_in_a_small_window_the_docks_make_room_for_a_page(qtbot: QtBot, window: MainWindow) -> None:
    window.resize(1024, 700)
    before = widths(window)
    assert before > NARROWEST
    window.arrangement.show_page(window.settings_page)
    assert widths(window) == NARROWEST
    window.arrangement.show_page(window.about_page)
    window.show_chat()
    assert widths(window) == before


def test_in_a_large_window_they_stay_as_they_are(qtbot: QtBot, window: MainWindow) -> None:
    window.resize(1400, 800)
    before = widths(window)
    window.arrangement.show_page(window.settings_page)
    assert widths(window) == before
    window.show_chat()
    assert widths(window) == before


def test_whatever_is_open_a_small_window_stays_small(qtbot: QtBot, window: MainWindow) -> None:
    window.resize(1024, 700)
    window.arrangement.show_side(TREE)
    window.tree.begin_reply("one", TraceHead("0", "", "big", "small"))
    window.tree.add_step(small_step())
    window.tree.show_earlier(window.tree.history, "Reply to: What?")
    window.chat.header.button.click()
    QApplication.processEvents()
    assert window.size().toTuple() == (1024, 700)
    before = widths(window)
    window.chat.header.button.click()
    assert widths(window) == before
