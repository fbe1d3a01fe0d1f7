"""The real window with the real engine process and the real demo pair."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.chat.turn import State, Turn
from app.style.theme import Appearance, theme
from app.window import MainWindow
from core.decoding.report import StepReport
from core.locations import user_data
from core.machine.gauges import Gauges

LOAD = 120_000
REPLY = 120_000
QUESTION = "What does os.path.join do?"


@pytest.fixture
def window(qtbot: QtBot) -> Iterator[MainWindow]:
    window = MainWindow(user_data())
    window.settings.remember(welcomed=True)
    theme().wear(Appearance.LIGHT)
    window.show()
    yield window
    window.close()
    window.deleteLater()


def ask(qtbot: QtBot, window: MainWindow, question: str) -> Turn:
    """Type a question and press Enter; the turn of its reply."""
    window.chat.composer.set_text(question)
    qtbot.keyClick(window.chat.composer.field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: window.chat.composer.text == "", timeout=10_000)
    return window.session.chat.turns[-1]


def test_a_person_loads_asks_stops_and_survives_a_crash(qtbot: QtBot, window: MainWindow) -> None:
    steps: list[StepReport] = []
    gauges: list[Gauges] = []
    window.link.stepped.connect(lambda _, batch: steps.extend(batch))
    window.watch.read.connect(gauges.append)

    # The demo pair is chosen and planned for; Load.
    qtbot.waitUntil(lambda: window.planner.plan is not None and window.planner.plan.draft is not None, timeout=LOAD)
    window.planner.load.click()
    qtbot.waitUntil(lambda: window.engine.ready, timeout=LOAD)
    assert window.engine.speculation.on

    # Ask; the answer is right, and the tree and the gauges show how it came about.
    turn = ask(qtbot, window, QUESTION)
    qtbot.waitUntil(lambda: not window.session.busy, timeout=REPLY)
    assert turn.state is State.COMPLETE
    assert "pathname components" in turn.content
    shown = window.chat.transcript.views[-1].body.document().toPlainText()
    assert "pathname components" in shown
    assert max(report.nodes for report in steps) > 1
    assert window.tree.view.scene is not None
    assert len(window.tree.view.scene.tree.tokens) > 1
    qtbot.waitUntil(lambda: bool(gauges) and gauges[-1].ram_engine > 0 and gauges[-1].ram_window > 0, timeout=10_000)
    assert turn.facts["tokens"] == sum(len(report.committed) for report in steps)

    # Ask again and stop.
    turn = ask(qtbot, window, "What does heapq.merge do?")
    qtbot.waitUntil(lambda: turn.state is State.WRITING, timeout=REPLY)
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not window.session.busy, timeout=REPLY)
    assert turn.state in (State.STOPPED, State.COMPLETE)

    # Ask again and kill the engine in mid-reply: the text so far stays, and the next load works.
    turn = ask(qtbot, window, QUESTION)
    qtbot.waitUntil(lambda: bool(turn.content) or not turn.busy, timeout=REPLY)
    assert window.link.pid is not None
    os.kill(window.link.pid, signal.SIGKILL)
    qtbot.waitUntil(lambda: not window.engine.ready, timeout=10_000)
    qtbot.waitUntil(lambda: not window.session.busy, timeout=10_000)
    assert turn.content
    turn = ask(qtbot, window, QUESTION)
    qtbot.waitUntil(lambda: not window.session.busy, timeout=LOAD + REPLY)
    assert "pathname components" in turn.content
