from __future__ import annotations

import json
import shutil
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton
from pytestqt.qtbot import QtBot

from app.arrangement import PLAN, TREE
from app.chat.chat_settings import ChatSettings, Pair
from app.chat.turn import State
from app.chat_wiring import larger_context
from app.settings.plan_settings import NOTHING_SET
from app.window import MainWindow
from core.locations import DEMO_DRAFT, DEMO_TARGET, user_data
from core.planning.history import History as Runs
from tests.app.conftest import WAIT, Opener


def load(qtbot: QtBot, window: MainWindow) -> None:
    window.top_bar.load.click()
    qtbot.waitUntil(lambda: window.engine.ready, timeout=WAIT)


def ask(qtbot: QtBot, window: MainWindow, question: str) -> None:
    window.chat.composer.set_text(question)
    window.chat.composer.button.click()
    qtbot.waitUntil(lambda: window.chat.composer.text == "", timeout=WAIT)


def test_the_demo_pair_is_chosen_and_planned_for(window: MainWindow) -> None:
    assert window.planner.plan is not None
    assert (window.planner.plan.model, window.planner.plan.draft) == (DEMO_TARGET, DEMO_DRAFT)
    assert "penjing-demo" in window.top_bar.models.accessibleName()
    assert "not loaded" in window.top_bar.models.accessibleName()


def test_a_question_is_answered(qtbot: QtBot, window: MainWindow) -> None:
    load(qtbot, window)
    ask(qtbot, window, "5 end")
    qtbot.waitUntil(lambda: not window.session.busy, timeout=WAIT)
    you, penjing = window.chat.transcript.views
    assert you.body.document().toPlainText() == "5 end"
    assert penjing.body.document().toPlainText().strip() == "word0 word1 word2 word3 word4"
    assert window.side.currentIndex() == TREE


def test_a_question_without_a_model_loads_the_plan_first(qtbot: QtBot, window: MainWindow) -> None:
    ask(qtbot, window, "2 end")
    assert window.session.chat.turns[-1].note == "Loading penjing-demo first."
    qtbot.waitUntil(lambda: window.session.chat.turns[-1].state is State.COMPLETE, timeout=WAIT)
    assert window.engine.ready


def test_a_word_leads_to_its_tree_and_a_node_to_its_text(qtbot: QtBot, window: MainWindow) -> None:
    load(qtbot, window)
    ask(qtbot, window, "5 end")
    qtbot.waitUntil(lambda: not window.session.busy, timeout=WAIT)
    view = window.chat.transcript.views[-1]
    view._how.click()
    assert view.body.writing is not None
    window.side.setCurrentIndex(PLAN)
    view.body.step_wanted.emit(3)
    assert window.side.currentIndex() == TREE
    assert window.tree.history.current is not None
    assert window.tree.history.current.step == 3
    window.tree.text_chosen.emit(view.turn, 2, "word2 ")
    assert view.body._step == 2


def test_a_chat_whose_own_models_are_gone_says_so(qtbot: QtBot, window: MainWindow) -> None:
    window.session.set_settings(ChatSettings(pair=Pair(Path("gone"), None)))
    ask(qtbot, window, "1 end")
    qtbot.waitUntil(lambda: not window.session.busy, timeout=WAIT)
    turn = window.session.chat.turns[-1]
    assert turn.state is State.FAILED
    assert "gone, no draft, are not here" in turn.note


def test_a_chat_is_written_with_its_own_pair_whatever_is_loaded(qtbot: QtBot, window: MainWindow) -> None:
    load(qtbot, window)
    window.session.set_settings(ChatSettings(pair=Pair(DEMO_TARGET, None)))
    ask(qtbot, window, "1 end")
    qtbot.waitUntil(lambda: not window.session.busy, timeout=WAIT)
    assert window.session.chat.turns[-1].state is State.COMPLETE
    assert window.engine.loaded is not None
    assert window.engine.loaded.plan.draft is None


def test_a_larger_context_comes_with_what_it_does_to_the_plan(window: MainWindow) -> None:
    model = window.planner.model
    window.planner.change(replace(model.settings, context=model.context_stops[0]))
    larger = larger_context(window, model.context_stops[0] + 1)
    assert larger is not None
    assert larger.tokens == model.context_stops[1]
    assert "more memory" in larger.consequence
    assert "tok/s" in larger.consequence
    assert larger_context(window, model.context_stops[-1] + 1) is None


def test_what_speaks_against_a_load_is_asked_once_also_by_a_question(qtbot: QtBot, window: MainWindow) -> None:
    machine = window.planner.model.machine
    assert machine is not None
    window.watch.probed.disconnect()
    window.planner.set_machine(replace(machine, ram_available=1 << 20))
    window.planner.change(replace(window.planner.model.settings, ram_limit=machine.ram_total))
    ask(qtbot, window, "1 end")
    qtbot.waitUntil(lambda: not window.session.busy, timeout=WAIT)
    turn = window.session.chat.turns[-1]
    assert turn.state is State.FAILED
    assert "are free" in turn.note
    assert window.side.currentIndex() == PLAN
    assert window.planner.load.text() == "Load anyway"
    assert window.engine.loaded is None
    window.planner.load.click()
    qtbot.waitUntil(lambda: window.engine.ready, timeout=WAIT)
    assert window.planner.load.text() == "Load"


def test_what_was_set_for_a_plan_is_there_again_with_its_model(
    qtbot: QtBot, open_window: Opener, tmp_path: Path
) -> None:
    first = open_window()
    set_before = replace(first.planner.model.settings, context=512, budget=16)
    first.planner.change(set_before)
    other = tmp_path / "other"
    shutil.copytree(DEMO_TARGET, other)
    first.settings.remember(folders=[other], target=other)
    first.choice.rescan()
    qtbot.waitUntil(
        lambda: first.planner.model.target is not None and first.planner.model.target.folder == other, timeout=WAIT
    )
    assert first.planner.model.settings == NOTHING_SET
    first.settings.remember(target=DEMO_TARGET)
    first.choice.rescan()
    qtbot.waitUntil(lambda: first.planner.model.settings == set_before, timeout=WAIT)
    first.close()
    second = open_window()
    assert second.planner.model.settings == set_before
    assert second.planner.plan is not None
    assert (second.planner.plan.context, second.planner.plan.budget) == (512, 16)
    second.planner.auto.click()
    assert second.settings.current.plans == {}
    second.close()
    assert open_window().planner.model.settings == NOTHING_SET


def test_escape_stops_a_reply(qtbot: QtBot, window: MainWindow) -> None:
    load(qtbot, window)
    ask(qtbot, window, "3 wait")
    qtbot.waitUntil(lambda: "word2" in window.session.chat.turns[-1].content, timeout=WAIT)
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not window.session.busy, timeout=WAIT)
    assert window.session.chat.turns[-1].state is State.STOPPED


def test_a_crash_leaves_the_chat_and_the_next_load_works(qtbot: QtBot, window: MainWindow) -> None:
    load(qtbot, window)
    ask(qtbot, window, "4 crash")
    qtbot.waitUntil(lambda: not window.session.busy, timeout=WAIT)
    turn = window.session.chat.turns[-1]
    assert turn.content.startswith("word0 word1 word2 word3")
    assert "engine stopped" in turn.note
    assert not window.engine.ready
    [again] = [b for b in window.chat.transcript.views[-1].findChildren(QAbstractButton) if b.text() == "Load again"]
    assert again.isVisible()
    again.click()
    qtbot.waitUntil(lambda: window.engine.ready, timeout=WAIT)
    ask(qtbot, window, "1 end")
    qtbot.waitUntil(lambda: not window.session.busy, timeout=WAIT)
    assert window.session.chat.turns[-1].content.strip() == "word0"


def test_a_chat_is_there_again_after_a_restart(qtbot: QtBot, open_window: Opener) -> None:
    first = open_window()
    load(qtbot, first)
    ask(qtbot, first, "2 end")
    qtbot.waitUntil(lambda: not first.session.busy, timeout=WAIT)
    first.close()
    second = open_window()
    qtbot.waitUntil(lambda: second.history.rowCount() == 2, timeout=WAIT)
    second.history_panel._choose(second.history.index(1))
    qtbot.waitUntil(lambda: len(second.session.chat.turns) == 2, timeout=WAIT)
    assert second.session.chat.turns[1].content.strip() == "word0 word1"
    assert second.session.chat.turns[1].facts["tokens"] == 2


def test_a_closed_window_has_kept_what_the_load_did_and_leaves_no_thread(qtbot: QtBot, window: MainWindow) -> None:
    load(qtbot, window)
    plan, machine = window.planner.plan, window.planner.model.machine
    assert plan is not None
    assert machine is not None
    assert any(thread.name.startswith("history") for thread in threading.enumerate())
    window.close()
    assert not any(thread.name.startswith("history") for thread in threading.enumerate())
    assert len(Runs().loads(plan, machine)) == 1


def test_a_deleted_chat_comes_back_with_undo(qtbot: QtBot, window: MainWindow) -> None:
    load(qtbot, window)
    ask(qtbot, window, "1 end")
    qtbot.waitUntil(lambda: not window.session.busy and window.history.rowCount() == 2, timeout=WAIT)
    window.history_panel._list.setFocus()
    for key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
        qtbot.keyClick(window.history_panel._list, key)
    assert window.history.rowCount() == 2, "a single key took a chat away"
    qtbot.keyClick(window.history_panel._list, Qt.Key.Key_Delete, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: window.history.rowCount() == 0, timeout=WAIT)
    assert window.session.chat.turns == []
    [undo] = [button for button in window.toast.findChildren(QAbstractButton) if button.text() == "Undo"]
    undo.click()
    qtbot.waitUntil(lambda: window.history.rowCount() == 2, timeout=WAIT)


@pytest.mark.parametrize(
    ("key", "page"), [(Qt.Key.Key_L, "picker"), (Qt.Key.Key_Comma, "settings_page")], ids=["models", "settings"]
)
def test_the_keyboard_leads_to_a_page_and_back(qtbot: QtBot, window: MainWindow, key: Qt.Key, page: str) -> None:
    qtbot.keyClick(window, key, Qt.KeyboardModifier.ControlModifier)
    assert window.pages.currentWidget() is getattr(window, page)
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    assert window.pages.currentWidget() is window.chat


def test_docks_hide_and_stay_hidden_after_a_restart(qtbot: QtBot, open_window: Opener) -> None:
    first = open_window()
    qtbot.keyClick(first, Qt.Key.Key_1, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClick(first, Qt.Key.Key_2, Qt.KeyboardModifier.ControlModifier)
    assert (first.left.isVisible(), first.right.isVisible()) == (False, False)
    first.close()
    second = open_window()
    assert (second.left.isVisible(), second.right.isVisible()) == (False, False)
    qtbot.keyClick(second, Qt.Key.Key_P, Qt.KeyboardModifier.ControlModifier)
    assert second.right.isVisible()
    assert second.side.currentIndex() == PLAN


def test_a_corrupt_settings_file_is_survived_and_told(qtbot: QtBot, open_window: Opener) -> None:
    (user_data() / "settings.toml").write_text("{ broken", encoding="utf-8")
    window = open_window()
    assert "settings" in window.toast.text
    assert (user_data() / "settings.unreadable.toml").read_text(encoding="utf-8") == "{ broken"


def test_the_window_imports_no_torch() -> None:
    code = "import sys, json, app.main, app.window; print(json.dumps(sorted(sys.modules)))"
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    modules = set(json.loads(output))
    late = {"torch", "transformers", "markdown_it", "pygments", "huggingface_hub", "tokenizers", "jinja2"}
    assert modules & late == set()
