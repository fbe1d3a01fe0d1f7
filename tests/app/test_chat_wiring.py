"""What a person does with whole chats, in the window: find them, jump to what was found, move and undo."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from app.chat.history import Role
from app.window import MainWindow
from core.chat.conversation import StoredMessage, Transcript
from tests.app.conftest import WAIT


def texts(window: MainWindow) -> list[str]:
    return [window.history.index(row).data() for row in range(window.history.rowCount())]


def fill(qtbot: QtBot, window: MainWindow) -> None:
    """A chat of sixty turns, with another reply beside the third and a rare word in it; and an ordinary one."""
    roles = ("user", "assistant")
    messages = [
        StoredMessage(number, roles[number % 2], f"turn {number}", None, number - 1 if number else None)
        for number in range(60)
    ]
    hidden = StoredMessage(60, "assistant", "another reply with a needle in it", None, 2, shown=False)
    store = window.keeper
    store._change(lambda kept: kept.add(Transcript("Long", (*messages, hidden))))
    store._change(lambda kept: kept.create("Short"))
    qtbot.waitUntil(lambda: texts(window) == ["Today", "Short", "Long"], timeout=WAIT)


def test_a_search_leads_to_the_turn_that_was_found(qtbot: QtBot, window: MainWindow) -> None:
    fill(qtbot, window)
    qtbot.keyClick(window, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    panel = window.history_panel
    qtbot.keyClicks(panel.search_field, "NEEDLE")
    qtbot.waitUntil(lambda: texts(window) == ["Today", "Long"], timeout=WAIT)
    place = panel._list.visualRect(window.history.index(1)).center()
    qtbot.mouseClick(panel._list.viewport(), Qt.MouseButton.LeftButton, pos=place)
    transcript = window.chat.transcript
    qtbot.waitUntil(lambda: bool(window.session.chat.turns), timeout=WAIT)
    shown = [view.turn.content for view in transcript.views]
    assert shown == ["turn 0", "turn 1", "turn 2", "another reply with a needle in it"], "in place of what was shown"
    [mark] = transcript.views[-1].body.extraSelections()
    assert mark.cursor.selectedText() == "needle"
    panel.search_field.clear()
    qtbot.waitUntil(lambda: transcript.views[-1].body.extraSelections() == [], timeout=WAIT)
    qtbot.keyClicks(panel.search_field, "short")
    qtbot.waitUntil(lambda: texts(window) == ["Today", "Short"], timeout=WAIT)
    panel._list.clicked.emit(window.history.index(1))
    qtbot.waitUntil(lambda: window.session.chat.title == "Short", timeout=WAIT)


def test_a_chat_that_was_moved_goes_back_with_undo(qtbot: QtBot, window: MainWindow) -> None:
    fill(qtbot, window)
    window.keeper.add_folder("Work")
    qtbot.waitUntil(lambda: texts(window)[0] == "Work (0)", timeout=WAIT)
    short = window.history.index(2).data(Role.CONVERSATION)
    window.history_panel.move_wanted.emit(short, window.history.folders[0])
    qtbot.waitUntil(lambda: texts(window)[:2] == ["Work (1)", "Short"], timeout=WAIT)
    assert window.toast.text == "Moved “Short” to “Work”."
    window.toast._action.click()
    qtbot.waitUntil(lambda: texts(window) == ["Work (0)", "Today", "Short", "Long"], timeout=WAIT)


def test_a_deleted_preset_comes_back_with_undo(qtbot: QtBot, window: MainWindow) -> None:
    own = window.chat.settings
    own.fields["temperature"].setValue(0.7)
    own.keep_preset("Warm")
    qtbot.waitUntil(lambda: own.words == "Warm", timeout=WAIT)
    own.remove.click()
    qtbot.waitUntil(lambda: own.words != "Warm", timeout=WAIT)
    assert window.toast.text == "Deleted the preset “Warm”."
    window.toast._action.click()
    qtbot.waitUntil(lambda: own.words == "Warm", timeout=WAIT)


def test_what_was_deleted_is_restored_from_the_menu(qtbot: QtBot, window: MainWindow) -> None:
    fill(qtbot, window)
    panel = window.history_panel

    def deleted() -> QMenu:
        [menu] = [each for each in panel.general_menu().findChildren(QMenu) if each.title() == "Deleted chats"]
        return menu

    def shows(titles: list[str]) -> bool:
        return texts(window) == titles

    assert not deleted().isEnabled()
    for left in (["Today", "Long"], []):
        panel.delete_wanted.emit(window.history.index(1).data(Role.CONVERSATION))
        qtbot.waitUntil(partial(shows, left), timeout=WAIT)
    assert [action.text() for action in deleted().actions()] == ["Long", "Short"]
    deleted().actions()[0].trigger()
    qtbot.waitUntil(lambda: texts(window) == ["Today", "Long"], timeout=WAIT)
    assert window.toast.text == "Restored “Long”."
