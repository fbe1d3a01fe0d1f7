from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.chat.history import History, Role, grouped
from app.chat.history_panel import HistoryPanel
from app.chat.keeper import Keeper
from core.chat.conversation import Conversation, Folder

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


def conversation(key: int, title: str, days: int = 0, pinned: bool = False, folder: int | None = None) -> Conversation:
    moment = NOON - timedelta(days=days)
    return Conversation(key, title, moment, moment, pinned, folder)


def test_pinned_ones_come_first_then_folders_then_the_rest_by_age() -> None:
    found = [
        conversation(1, "new"),
        conversation(2, "pinned", 3, pinned=True, folder=1),
        conversation(3, "filed", 1, folder=1),
        conversation(4, "old", 400),
    ]
    folders = [Folder(1, "Work"), Folder(2, "Empty")]
    rows = grouped(found, folders, set(), date(2026, 3, 10))
    assert [row.text for row in rows] == [
        *("Pinned", "pinned", "Work (1)", "filed", "Empty (0)", "Today", "new", "Earlier", "old"),
    ]
    closed = grouped(found, folders, {1}, date(2026, 3, 10))
    assert "filed" not in [row.text for row in closed]


@pytest.fixture
def panel(qtbot: QtBot, keeper: Keeper) -> HistoryPanel:
    panel = HistoryPanel(History(keeper))
    qtbot.addWidget(panel)
    panel.show()
    return panel


def texts(panel: HistoryPanel) -> list[str]:
    history = panel._history
    return [history.index(row).data() for row in range(history.rowCount())]


def test_a_folder_opens_and_closes_and_a_chat_moves_into_it(qtbot: QtBot, panel: HistoryPanel, keeper: Keeper) -> None:
    keeper._change(lambda store: store.create("chat"))
    qtbot.waitUntil(lambda: texts(panel) == ["Today", "chat"])
    chat = panel._history.index(1).data(Role.CONVERSATION)
    keeper.add_folder("Work", [chat.id])
    qtbot.waitUntil(lambda: texts(panel) == ["Work (1)", "chat"])
    panel._list.clicked.emit(panel._history.index(0))
    assert texts(panel) == ["Work (1)"]
    panel._list.clicked.emit(panel._history.index(0))
    keeper.pin(chat.id, True)
    qtbot.waitUntil(lambda: texts(panel)[:2] == ["Pinned", "chat"])
    keeper.delete_folder(panel._history.folders[0].id)
    qtbot.waitUntil(lambda: texts(panel) == ["Pinned", "chat"])


def test_the_menu_of_a_chat_offers_what_can_be_done_with_it(qtbot: QtBot, panel: HistoryPanel, keeper: Keeper) -> None:
    keeper._change(lambda store: store.create("chat"))
    keeper.add_folder("Work")
    qtbot.waitUntil(lambda: panel._history.rowCount() == 3)
    assert panel.menu_of(panel._history.index(1)) is None
    menu = panel.menu_of(panel._history.index(2))
    assert menu is not None
    names = [action.text().split("\t")[0] for action in menu.actions() if action.text()]
    assert names == ["Rename …", "Pin", "Move to folder", "Duplicate", "Export …", "Delete"]
    with qtbot.waitSignal(panel.pin_wanted) as wanted:
        menu.actions()[1].trigger()
    assert wanted.args[1] is True
    menu.close()


def test_no_single_key_deletes(qtbot: QtBot, panel: HistoryPanel, keeper: Keeper) -> None:
    keeper._change(lambda store: store.create("chat"))
    qtbot.waitUntil(lambda: panel._history.rowCount() == 2)
    panel._list.setCurrentIndex(panel._history.index(1))
    panel._list.setFocus()
    with qtbot.assertNotEmitted(panel.delete_wanted):
        for key in range(Qt.Key.Key_Space.value, Qt.Key.Key_QuoteLeft.value):
            qtbot.keyClick(panel._list, Qt.Key(key))
        for key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace, Qt.Key.Key_Escape):
            qtbot.keyClick(panel._list, key)
    with qtbot.waitSignal(panel.delete_wanted):
        qtbot.keyClick(panel._list, Qt.Key.Key_Delete, Qt.KeyboardModifier.ControlModifier)


def test_chats_are_exported_duplicated_and_imported(qtbot: QtBot, keeper: Keeper, tmp_path: Path) -> None:
    made: list[Conversation] = []

    def listed() -> list[str]:
        found: list[list[Conversation]] = []
        keeper.conversations("", lambda all_: found.append(all_[0]))
        qtbot.waitUntil(lambda: bool(found))
        made[:] = found[0]
        return sorted(chat.title for chat in found[0])

    keeper._change(lambda store: store.append(store.create("chat").id, "user", "What?"))
    assert listed() == ["chat"]
    keeper.duplicate(made[0])
    assert listed() == ["chat", "chat (copy)"]
    files: list[Path] = []
    keeper.export(None, tmp_path / "all.json", files.append)
    keeper.export([made[0].id], tmp_path / "one.md", files.append)
    qtbot.waitUntil(lambda: len(files) == 2)
    assert len(json.loads((tmp_path / "all.json").read_text(encoding="utf-8"))["conversations"]) == 2
    assert "## You\n\nWhat?" in (tmp_path / "one.md").read_text(encoding="utf-8")
    added: list[list[Conversation]] = []
    keeper.import_file(tmp_path / "all.json", added.append)
    qtbot.waitUntil(lambda: bool(added))
    assert listed() == ["chat", "chat", "chat (copy)", "chat (copy)"]


def test_a_file_that_holds_no_chat_is_refused_with_a_sentence(qtbot: QtBot, keeper: Keeper, tmp_path: Path) -> None:
    (tmp_path / "no.json").write_text("{}", encoding="utf-8")
    for _ in range(2):
        with qtbot.waitSignal(keeper.failed) as failed:
            keeper.import_file(tmp_path / "no.json", lambda _: None)
        assert "no conversation" in failed.args[0]
