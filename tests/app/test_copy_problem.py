"""Wherever a problem is told, it can be copied with the versions."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot

from app.chat.message_view import MessageView
from app.chat.turn import Chat, NextStep, State, Turn
from app.copy_problem import CopyProblem
from app.picker.empty import Empty
from app.versions import versions
from app.window import MainWindow
from core.engine.messages import Started
from tests.app.conftest import WAIT
from tests.app.test_window import ask, load

STARTED = Started(pid=1, seconds=1.0, ram_bytes=1, torch_version="2.13.0+cpu", transformers_version="5.23.0")


def copied(place: QWidget) -> str:
    """What the button for problems copies in a place; nothing if it is not to be seen."""
    QGuiApplication.clipboard().clear()
    for button in place.findChildren(CopyProblem):
        if button.isVisibleTo(place):
            button.click()
    return QGuiApplication.clipboard().text()


def test_versions_name_the_engines_once_it_has_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(versions(), "engine", None)
    assert "torch: not started yet" in versions().beside("Gone.")
    monkeypatch.setattr(versions(), "engine", STARTED)
    assert versions().beside("Gone.").startswith("Gone.\n\nPenjing: ")
    assert "torch: 2.13.0+cpu\ntransformers: 5.23.0" in versions().beside("Gone.")


@pytest.mark.parametrize(
    ("state", "step", "is_problem"),
    [
        (State.FAILED, NextStep.NONE, True),
        (State.STOPPED, NextStep.LOAD, True),
        (State.STOPPED, NextStep.NONE, False),
        (State.COMPLETE, NextStep.NONE, False),
    ],
)
def test_under_a_reply(qtbot: QtBot, state: State, step: NextStep, is_problem: bool) -> None:
    turn = Turn("assistant", "Half of", state, note="The drive is gone.", next_step=step)
    Chat().add(turn)
    view = MessageView(turn, lambda _, done: done(None))
    qtbot.addWidget(view)
    said = copied(view)
    assert said.startswith("The drive is gone.\n\nPenjing: ") if is_problem else said == ""


def test_where_there_is_nothing_to_list(qtbot: QtBot) -> None:
    empty = Empty()
    qtbot.addWidget(empty)
    empty.say("The hub does not answer.", problem=True)
    assert copied(empty).startswith("The hub does not answer.\n\nPenjing: ")
    empty.say("No models here.")
    assert copied(empty) == ""


def test_in_notes_over_the_window_and_in_the_chat(qtbot: QtBot, window: MainWindow) -> None:
    window.tell_problem("The drive is full.", "Free some space.")
    assert copied(window.toast).startswith("The drive is full. Free some space.\n\nPenjing: ")
    window.tell("Saved.")
    assert copied(window.toast) == ""
    load(qtbot, window)
    ask(qtbot, window, "1 fail")
    qtbot.waitUntil(lambda: not window.session.busy, timeout=WAIT)
    assert copied(window.chat.transcript).startswith("The conversation is too long. Start a new chat.\n\nPenjing: ")
    window.picker.failed.emit("The hub does not answer.", "Try again.")
    assert copied(window.toast).startswith("The hub does not answer. Try again.")


def test_in_the_settings(qtbot: QtBot, window: MainWindow) -> None:
    page = window.settings_page
    assert copied(page) == ""
    window.program.updates.failed.emit("No answer.", "Look again later.")
    assert copied(page).startswith("No answer. Look again later.\n\nPenjing: ")
    window.pack.failed.emit("The pack is damaged.", "Get it again.")
    [words] = [label.text() for label in page.findChildren(QLabel) if "pack is damaged" in label.text()]
    assert words == "The pack is damaged. Get it again."
    assert "pack is damaged" in copied(window.program._pack_section)
