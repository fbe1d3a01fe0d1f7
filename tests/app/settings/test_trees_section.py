"""A person sees what kept trees take, says how much they may, and can forget them all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QMessageBox
from pytestqt.qtbot import QtBot

from app.chat.keeper import Keeper
from app.settings.trees_section import TreesSection
from core.chat.conversation import TracePiece
from core.chat.store import ChatStore

remembered: list[dict[str, Any]] = []


def fill(store: ChatStore) -> None:
    reply = store.append(store.create("chat").id, "assistant", "Yes")
    store.traces.add(reply.id, [TracePiece(0, b"x" * (3 << 20))], 1 << 30)


@pytest.fixture
def section(qtbot: QtBot, tmp_path: Path) -> TreesSection:
    remembered.clear()
    section = TreesSection(Keeper(tmp_path / "chats.sqlite3"), lambda **fields: remembered.append(fields))
    section._keeper.setParent(section)
    qtbot.addWidget(section, before_close_func=lambda _: section._keeper.close())
    section.show_limit(256)
    section.show()
    return section


def test_it_says_what_they_take(qtbot: QtBot, section: TreesSection) -> None:
    qtbot.waitUntil(lambda: "none yet" in section.says.text())
    assert not section.forget.isEnabled()
    section._keeper._change(fill)
    qtbot.waitUntil(lambda: "3.0 MiB now, for one reply" in section.says.text())
    assert section.forget.isEnabled()


def test_a_limit_is_chosen(section: TreesSection) -> None:
    assert section.limit.currentText() == "At most 256.0 MiB"
    section.limit.setCurrentIndex(0)
    section.limit.activated.emit(0)
    assert remembered == [{"trees_kept": 0}]
    section.show_limit(100)
    assert section.limit.currentText() == "At most 100.0 MiB", "as the file says"


@pytest.mark.parametrize("agrees", [False, True])
def test_all_are_forgotten_once_the_person_agrees(qtbot: QtBot, section: TreesSection, agrees: bool) -> None:
    section._keeper._change(fill)
    qtbot.waitUntil(section.forget.isEnabled)
    section.forget.click()
    [question] = section.findChildren(QMessageBox)
    free, cancel = sorted(question.buttons(), key=lambda button: "Free" not in button.text())
    assert free.text() == "Free 3.0 MiB"
    (free if agrees else cancel).click()
    if agrees:
        qtbot.waitUntil(lambda: "none yet" in section.says.text())
    else:
        section._look()
        qtbot.wait(100)
        assert "3.0 MiB" in section.says.text()
