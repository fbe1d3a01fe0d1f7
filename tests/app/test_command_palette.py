from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from app.command_palette import CommandPalette, rank
from app.commands import Commands


@pytest.fixture
def done() -> list[str]:
    return []


@pytest.fixture
def palette(qtbot: QtBot, done: list[str]) -> CommandPalette:
    window = QWidget()
    window.resize(800, 600)
    qtbot.addWidget(window)
    commands = Commands(window)
    commands.add("New chat", lambda: done.append("new"), "Ctrl+N")
    commands.add("Models", lambda: done.append("models"), "Ctrl+L")
    commands.add("Show or hide the chats", lambda: done.append("chats"))
    commands.add("Save the trace", lambda: done.append("trace")).setEnabled(False)
    window.show()
    palette = CommandPalette(window, commands)
    palette.open()
    return palette


def shown(palette: CommandPalette) -> list[str]:
    return [palette.list.item(row).text() for row in range(palette.list.count())]


def test_all_that_can_be_done_now_is_listed(palette: CommandPalette) -> None:
    assert shown(palette) == ["New chat", "Models", "Show or hide the chats"]


def test_what_is_typed_finds_and_enter_does_it(palette: CommandPalette, qtbot: QtBot, done: list[str]) -> None:
    qtbot.keyClicks(palette.field, "chat")
    assert shown(palette) == ["New chat", "Show or hide the chats"]
    qtbot.keyClick(palette.field, Qt.Key.Key_Down)
    qtbot.keyClick(palette.field, Qt.Key.Key_Return)
    assert done == ["chats"]
    assert palette.isHidden()


def test_a_click_does_it(palette: CommandPalette, qtbot: QtBot, done: list[str]) -> None:
    place = palette.list.visualItemRect(palette.list.item(1)).center()
    qtbot.mouseClick(palette.list.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert done == ["models"]


def test_nothing_is_done_where_nothing_fits(palette: CommandPalette, qtbot: QtBot, done: list[str]) -> None:
    qtbot.keyClicks(palette.field, "zzz")
    assert shown(palette) == []
    qtbot.keyClick(palette.field, Qt.Key.Key_Return)
    assert done == []
    palette.hide()
    palette.open()
    assert len(shown(palette)) == 3


@pytest.mark.parametrize(
    ("words", "name", "worth"),
    [("", "Models", 0), ("mod", "Models", 0), ("chat", "New chat", 1), ("ode", "Models", 2), ("ch new", "New chat", 1)],
)
def test_the_start_of_a_name_fits_best(words: str, name: str, worth: int) -> None:
    assert rank(words, name) == worth
    assert rank(words + " zz", name) is None


def test_escape_closes_it_and_does_nothing_else(palette: CommandPalette, qtbot: QtBot, done: list[str]) -> None:
    window = palette.parentWidget()
    assert window is not None
    window.activateWindow()
    qtbot.waitUntil(palette.field.hasFocus)
    escape = Commands(window)
    escape.add("Stop", lambda: done.append("stop"), "Esc")
    qtbot.keyClick(palette.field, Qt.Key.Key_Escape)
    assert palette.isHidden()
    assert done == []


def test_enter_alone_does_the_first_and_the_best_fitting_is_first(
    palette: CommandPalette, qtbot: QtBot, done: list[str]
) -> None:
    qtbot.keyClicks(palette.field, "s")
    assert shown(palette) == ["Show or hide the chats", "Models"]
    qtbot.keyClick(palette.field, Qt.Key.Key_Return)
    assert done == ["chats"]


def test_the_focus_goes_back_to_where_it_was_and_leaving_closes(palette: CommandPalette, qtbot: QtBot) -> None:
    window = palette.parentWidget()
    assert window is not None
    # Left to itself, Qt would give the focus to whichever comes next.
    fields = [QLineEdit(window) for _ in range(3)]
    for each in fields:
        each.show()
    field = fields[1]
    window.activateWindow()
    palette.hide()
    field.setFocus()
    qtbot.waitUntil(field.hasFocus)
    palette.open()
    qtbot.waitUntil(palette.field.hasFocus)
    qtbot.keyClick(palette.field, Qt.Key.Key_Escape)
    assert field.hasFocus()
    palette.open()
    qtbot.waitUntil(palette.field.hasFocus)
    field.setFocus()
    assert palette.isHidden()


def test_the_keys_of_a_command_stand_beside_it(palette: CommandPalette) -> None:
    spoken = [palette.list.item(row).data(Qt.ItemDataRole.AccessibleTextRole) for row in range(3)]
    assert spoken == ["New chat Ctrl+N", "Models Ctrl+L", "Show or hide the chats"]
    rows = [palette.list.visualItemRect(palette.list.item(row)) for row in range(3)]
    ends = [palette.list.viewport().grab(row.adjusted(row.width() // 2, 2, -8, -2)).toImage() for row in rows]
    inks = [len({end.pixel(x, y) for x in range(end.width()) for y in range(end.height())}) for end in ends]
    assert inks[1] > inks[2] == 1, "keys are painted where there are any"
