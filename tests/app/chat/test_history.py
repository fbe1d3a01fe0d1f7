from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot

from app.chat.history import History, Role, grouped
from app.chat.history_panel import HistoryPanel
from app.chat.keeper import Keeper
from app.style.theme import theme
from core.chat.conversation import Conversation, Folder, Found

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


def drop(panel: HistoryPanel, chat: int, target: int) -> None:
    """What the list does when a row is let go on another: really dragging would wait for a hand on the mouse."""
    history = panel._history
    data = history.mimeData([history.index(chat)])
    place = panel._list.visualRect(history.index(target)).center()
    move = Qt.DropAction.MoveAction
    left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    viewport = panel._list.viewport()
    # Of what comes from elsewhere the list takes nothing; this is its own.
    panel._list.setDragDropMode(panel._list.DragDropMode.DragDrop)
    QApplication.sendEvent(viewport, QDragEnterEvent(place, move, data, left, none))
    QApplication.sendEvent(viewport, QDragMoveEvent(place, move, data, left, none))
    QApplication.sendEvent(viewport, QDropEvent(place.toPointF(), move, data, left, none))


def test_a_chat_is_dragged_to_a_folder_and_out_of_it(qtbot: QtBot, panel: HistoryPanel, keeper: Keeper) -> None:
    panel.resize(240, 400)
    panel.move_wanted.connect(lambda chat, folder: keeper.move([chat.id], folder.id if folder else None))
    keeper._change(lambda store: [store.create(title) for title in ("old", "one", "two")])
    keeper.add_folder("Work")
    qtbot.waitUntil(lambda: texts(panel) == ["Work (0)", "Today", "two", "one", "old"])
    with qtbot.assertNotEmitted(panel.move_wanted):
        drop(panel, 2, 1)
    drop(panel, 2, 0)
    qtbot.waitUntil(lambda: texts(panel) == ["Work (1)", "two", "Today", "one", "old"])
    drop(panel, 3, 1)
    qtbot.waitUntil(lambda: texts(panel)[:3] == ["Work (2)", "two", "one"])
    drop(panel, 1, 3)
    qtbot.waitUntil(lambda: texts(panel) == ["Work (1)", "one", "Today", "two", "old"])
    drop(panel, 1, 4)
    qtbot.waitUntil(lambda: texts(panel) == ["Work (0)", "Today", "two", "one", "old"])


def test_only_chats_can_be_dragged_and_not_while_a_search_shows(
    qtbot: QtBot, panel: HistoryPanel, keeper: Keeper
) -> None:
    history, drags = panel._history, Qt.ItemFlag.ItemIsDragEnabled
    keeper._change(lambda store: store.append(store.create("chat").id, "user", "What?"))
    keeper.add_folder("Work")
    qtbot.waitUntil(lambda: texts(panel) == ["Work (0)", "Today", "chat"])
    assert [bool(history.index(row).flags() & drags) for row in range(3)] == [False, False, True]
    qtbot.keyClicks(panel.search_field, "what")
    qtbot.waitUntil(lambda: texts(panel) == ["Today", "chat"])
    assert not any(history.index(row).flags() & (drags | Qt.ItemFlag.ItemIsDropEnabled) for row in range(2))


@pytest.mark.qt_log_ignore("grabbing the keyboard", extend=True)
def test_a_chat_is_moved_by_keys_alone(qtbot: QtBot, panel: HistoryPanel, keeper: Keeper) -> None:
    keeper._change(lambda store: store.create("chat"))
    keeper.add_folder("Work")
    qtbot.waitUntil(lambda: panel._history.rowCount() == 3)
    panel._list.setCurrentIndex(panel._history.index(2))
    panel._list.setFocus()
    chords = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    qtbot.keyClick(panel._list, Qt.Key.Key_M, chords)
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    with qtbot.waitSignal(panel.move_wanted) as wanted:
        qtbot.keyClick(menu, Qt.Key.Key_Return)
    assert wanted.args[1].name == "Work"


def test_a_search_shows_what_it_found_and_leads_there(qtbot: QtBot, panel: HistoryPanel, keeper: Keeper) -> None:
    keeper._change(lambda store: store.append(store.create("Paths").id, "user", "What does os.path.join do?"))
    keeper._change(lambda store: store.create("join me"))
    qtbot.keyClicks(panel.search_field, "join")
    qtbot.waitUntil(lambda: texts(panel) == ["Today", "join me", "Paths"])
    history, rows = panel._history, panel._list
    excerpt = history.index(2).data(Role.EXCERPT)
    assert (excerpt.text, excerpt.marks) == ("What does os.path.join do?", ((18, 22),))
    assert history.index(2).data(Qt.ItemDataRole.AccessibleTextRole) == "Paths: What does os.path.join do?"
    assert rows.visualRect(history.index(2)).height() > rows.visualRect(history.index(1)).height()
    found = theme().palette.found
    picture = rows.viewport().grab(rows.visualRect(history.index(2))).toImage()
    seen = {picture.pixelColor(x, y).rgb() for x in range(picture.width()) for y in range(picture.height())}
    assert found.rgb() in seen, "what was looked for is marked"
    with qtbot.waitSignal(panel.found_wanted) as wanted:
        qtbot.mouseClick(rows.viewport(), Qt.MouseButton.LeftButton, pos=rows.visualRect(history.index(2)).center())
    assert wanted.args[1:] == [excerpt.message, ["join"]]
    with qtbot.waitSignal(panel.open_wanted):
        qtbot.mouseClick(rows.viewport(), Qt.MouseButton.LeftButton, pos=rows.visualRect(history.index(1)).center())


def test_an_empty_list_says_why_and_the_open_chat_is_marked(qtbot: QtBot, panel: HistoryPanel, keeper: Keeper) -> None:
    panel._history.refresh()
    qtbot.waitUntil(lambda: panel._empty.text() == "Your chats will be kept here.")
    keeper._change(lambda store: [store.create(title) for title in ("one", "two")])
    qtbot.waitUntil(lambda: texts(panel) == ["Today", "two", "one"])
    assert panel._empty.isHidden()
    panel.mark_open(panel._history.index(2).data(Role.CONVERSATION).id)
    assert panel._list.currentIndex().row() == 2
    panel.mark_open(None)
    assert not panel._list.currentIndex().isValid()
    qtbot.keyClicks(panel.search_field, "zzz")
    qtbot.waitUntil(lambda: panel._empty.text() == "No chat contains that.")


def test_the_folder_that_a_chat_is_in_is_not_offered(qtbot: QtBot, panel: HistoryPanel, keeper: Keeper) -> None:
    keeper._change(lambda store: store.move(store.create("chat").id, store.create_folder("Work").id))
    keeper.add_folder("Home")
    qtbot.waitUntil(lambda: texts(panel) == ["Home (0)", "Work (1)", "chat"])
    places = panel._places(panel._history.index(2).data(Role.CONVERSATION), panel)
    offered = {action.text(): action.isEnabled() for action in places.actions() if action.text()}
    assert offered == {"Home": True, "Work": False, "Out of the folder": True, "New folder …": True}


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
        found: list[list[Found]] = []
        keeper.conversations("", lambda all_: found.append(all_[0]))
        qtbot.waitUntil(lambda: bool(found))
        made[:] = [each.conversation for each in found[0]]
        return sorted(chat.title for chat in made)

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
