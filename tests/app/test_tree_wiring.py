"""The trees of every reply are kept, and found again from the chat."""

from __future__ import annotations

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.arrangement import PLAN, TREE
from app.window import MainWindow
from core.chat.conversation import TraceUse
from tests.app.conftest import WAIT, Opener
from tests.app.test_window import ask, load


def answer(qtbot: QtBot, window: MainWindow, question: str) -> None:
    ask(qtbot, window, question)
    qtbot.waitUntil(lambda: not window.session.busy, timeout=WAIT)


def press_tree(qtbot: QtBot, window: MainWindow, index: int) -> None:
    qtbot.mouseClick(window.chat.transcript.views[index]._tree, Qt.MouseButton.LeftButton)


def open_first_chat(qtbot: QtBot, window: MainWindow) -> None:
    qtbot.waitUntil(lambda: window.history.rowCount() > 1, timeout=WAIT)
    window.history_panel._list.clicked.emit(window.history.index(1))
    qtbot.waitUntil(lambda: bool(window.session.chat.turns), timeout=WAIT)


def test_an_earlier_reply_shows_its_trees_and_the_last_one_is_found_again(qtbot: QtBot, window: MainWindow) -> None:
    load(qtbot, window)
    answer(qtbot, window, "5 end")
    answer(qtbot, window, "2 end")
    tree = window.tree
    assert len(tree.history) == 2
    window.side.setCurrentIndex(PLAN)
    press_tree(qtbot, window, 1)
    qtbot.waitUntil(lambda: len(tree.history) == 5, timeout=WAIT)
    assert window.side.currentIndex() == TREE
    assert tree.trace_bar.words == "Reply to: 5 end"
    assert tree.history.head is not None
    assert tree.history.summary is not None
    tree.go(1)
    tree.text_chosen.emit(tree.history.reply, tree.history.numbers[1], "")
    assert window.chat.transcript.views[1].body._step == 1
    qtbot.mouseClick(tree.trace_bar._close, Qt.MouseButton.LeftButton)
    assert len(tree.history) == 2
    press_tree(qtbot, window, 1)
    qtbot.waitUntil(lambda: len(tree.history) == 5, timeout=WAIT)
    press_tree(qtbot, window, 3)
    assert (len(tree.history), tree.trace_bar.isHidden()) == (2, True)
    press_tree(qtbot, window, 1)
    qtbot.waitUntil(lambda: len(tree.history) == 5, timeout=WAIT)
    answer(qtbot, window, "3 end")
    assert len(tree.history) == 3, "a new reply is watched"


def test_trees_are_there_after_a_restart(qtbot: QtBot, open_window: Opener) -> None:
    window = open_window()
    load(qtbot, window)
    answer(qtbot, window, "4 end")
    window.close()
    window = open_window()
    window.side.setCurrentIndex(TREE)
    open_first_chat(qtbot, window)
    qtbot.waitUntil(lambda: len(window.tree.history) == 4, timeout=WAIT)
    assert window.tree.trace_bar.isHidden(), "it is the last reply"
    assert not window.tree.running
    assert window.tree.history.summary is not None
    view = window.chat.transcript.views[-1]
    qtbot.mouseClick(view._how, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: view.body.writing is not None, timeout=WAIT)
    view.body.step_wanted.emit(2)
    assert window.tree.history.index == 2


def test_a_continued_reply_has_the_trees_of_all_its_parts(qtbot: QtBot, open_window: Opener) -> None:
    window = open_window()
    load(qtbot, window)
    answer(qtbot, window, "3 end")
    window.close()
    window = open_window()
    load(qtbot, window)
    open_first_chat(qtbot, window)
    turn = window.session.chat.turns[-1]
    # The scripted engine does what the last message says, which is the reply so far.
    turn.content = "2 end"
    # So short a reply may be over before anybody looks whether one is written.
    with qtbot.waitSignal(window.session.busy_changed, timeout=WAIT):
        qtbot.mouseClick(window.chat.transcript.views[-1]._proceed, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not window.session.busy, timeout=WAIT)
    assert turn.writing is not None
    assert len(turn.writing.nodes) == 5, "how the first part was written is still known"
    assert list(window.tree.live.numbers) == [3, 4]
    window.chat.transcript.step_wanted.emit(turn, 1)
    qtbot.waitUntil(lambda: len(window.tree.history) == 5, timeout=WAIT)
    assert window.tree.history.index == 1
    assert window.tree.trace_bar.isHidden(), "all of it is now the last reply"
    window.chat.transcript.step_wanted.emit(turn, 4)
    assert window.tree.history.index == 4


def test_where_none_are_kept_that_is_said(qtbot: QtBot, window: MainWindow) -> None:
    window.settings.remember(trees_kept=0)
    load(qtbot, window)
    answer(qtbot, window, "2 end")
    answer(qtbot, window, "1 end")
    used: list[TraceUse] = []
    window.keeper.trace_use(used.append)
    qtbot.waitUntil(lambda: used == [TraceUse(0, 0)], timeout=WAIT)
    press_tree(qtbot, window, 1)
    qtbot.waitUntil(lambda: "not kept" in window.toast.text, timeout=WAIT)
    assert len(window.tree.history) == 1


def test_a_stopped_reply_can_be_replayed(qtbot: QtBot, window: MainWindow) -> None:
    load(qtbot, window)
    ask(qtbot, window, "3 wait")
    qtbot.waitUntil(lambda: len(window.tree.history) == 3, timeout=WAIT)
    assert window.tree.running
    window.session.stop()
    qtbot.waitUntil(lambda: not window.session.busy, timeout=WAIT)
    assert not window.tree.running
    window.tree.toggle()
    assert window.tree.history.index == 0
