from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QScrollArea
from pytestqt.qtbot import QtBot

from app.chat.message_body import MessageBody
from app.style.buttons import IconButton

BOXES = 60
TEXT = "".join(f"Words.\n\n```\nbox {number}\n```\n\n" for number in range(BOXES))


@pytest.fixture
def area(qtbot: QtBot) -> QScrollArea:
    """A long message, seen through a window that a few of its boxes fit into."""
    body = MessageBody()
    body.set_markdown(TEXT)
    scroll = QScrollArea(widgetResizable=True)
    qtbot.addWidget(scroll)
    scroll.setWidget(body)
    scroll.resize(500, 400)
    scroll.show()
    qtbot.waitUntil(lambda: bool(buttons(scroll)))
    return scroll


def buttons(area: QScrollArea) -> list[IconButton]:
    """Those there are, from top to bottom."""
    shown = (button for button in area.findChildren(IconButton) if not button.isHidden())
    return sorted(shown, key=lambda button: button.y())


def copied(qtbot: QtBot, button: IconButton) -> str:
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    return QGuiApplication.clipboard().text()


def test_only_boxes_in_sight_and_their_neighbours_have_buttons(qtbot: QtBot, area: QScrollArea) -> None:
    assert 3 <= len(buttons(area)) <= 8
    assert copied(qtbot, buttons(area)[0]) == "box 0"
    bar = area.verticalScrollBar()
    bar.setValue(bar.maximum())
    qtbot.waitUntil(lambda: copied(qtbot, buttons(area)[-1]) == f"box {BOXES - 1}")
    assert len(buttons(area)) <= 8


def test_the_keyboard_goes_from_box_to_box_to_the_end(qtbot: QtBot, area: QScrollArea) -> None:
    area.activateWindow()
    qtbot.waitUntil(area.isActiveWindow)
    buttons(area)[0].setFocus()
    for number in range(1, BOXES):
        last = QGuiApplication.focusObject()
        assert isinstance(last, IconButton)
        qtbot.keyClick(last, Qt.Key.Key_Tab)
        button = QGuiApplication.focusObject()
        assert isinstance(button, IconButton)
        assert copied(qtbot, button) == f"box {number}"
        qtbot.wait(1)  # the button is scrolled to and painted
    assert len(buttons(area)) <= 8


def test_the_button_that_has_the_keyboard_stays(qtbot: QtBot, area: QScrollArea) -> None:
    area.activateWindow()
    qtbot.waitUntil(area.isActiveWindow)
    first = buttons(area)[0]
    first.setFocus()
    area.verticalScrollBar().setValue(area.verticalScrollBar().maximum())
    qtbot.waitUntil(lambda: len(buttons(area)) > 1 and buttons(area)[1].y() > area.height())
    assert buttons(area)[0] is first
    assert first.hasFocus()
