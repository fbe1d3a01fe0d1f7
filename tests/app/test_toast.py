from __future__ import annotations

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QAbstractButton, QWidget
from pytestqt.qtbot import QtBot

from app.toast import Toast


def toast_in(qtbot: QtBot) -> Toast:
    window = QWidget()
    window.resize(800, 600)
    qtbot.addWidget(window)
    toast = Toast(window)
    window.show()
    return toast


def button(toast: Toast, name: str) -> QAbstractButton:
    [found] = [each for each in toast.findChildren(QAbstractButton) if name in (each.text(), each.accessibleName())]
    return found


def test_a_note_goes_away_by_itself_and_has_nothing_to_copy(qtbot: QtBot) -> None:
    toast = toast_in(qtbot)
    toast.say("Exported to chats.json.")
    assert toast.isVisible()
    assert toast._timer.isActive()
    assert not button(toast, "Copy what happened, with the versions").isVisible()
    toast._timer.timeout.emit()
    assert not toast.isVisible()


def test_a_problem_stays_and_can_be_copied(qtbot: QtBot) -> None:
    toast = toast_in(qtbot)
    toast.say("Gone.")
    toast.say("The drive is full.", problem=True)
    assert not toast._timer.isActive()
    button(toast, "Copy what happened, with the versions").click()
    copied = QGuiApplication.clipboard().text()
    assert copied.startswith("The drive is full.\n\nPenjing: ")
    assert "\nPython: " in copied
    button(toast, "Close").click()
    assert not toast.isVisible()


def test_its_button_does_what_it_says_once(qtbot: QtBot) -> None:
    toast = toast_in(qtbot)
    done: list[str] = []
    toast.say("Deleted.", "Undo", lambda: done.append("undo"))
    button(toast, "Undo").click()
    assert (done, toast.isVisible()) == (["undo"], False)
