from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFormLayout, QLabel, QWidget
from pytestqt.qtbot import QtBot

from app.about_page import AboutPage
from app.commands import Commands
from app.versions import versions
from core.engine.messages import Started


def rows(form: QFormLayout) -> dict[str, str]:
    found = {}
    for row in range(form.rowCount()):
        label = form.itemAt(row, QFormLayout.ItemRole.LabelRole)
        field = form.itemAt(row, QFormLayout.ItemRole.FieldRole)
        assert label is not None
        assert field is not None
        name, value = label.widget(), field.widget()
        assert isinstance(name, QLabel)
        assert isinstance(value, QLabel)
        found[name.text()] = value.text()
    return found


def test_versions_and_keys_are_those_of_now(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(versions(), "engine", None)
    window = QWidget()
    qtbot.addWidget(window)
    commands = Commands(window)
    page = AboutPage(tmp_path, commands)
    qtbot.addWidget(page)
    commands.add("New chat", lambda: None, "Ctrl+N")
    commands.add("Logs", lambda: None)
    page.show()
    assert rows(page.keys) == {"New chat": "Ctrl+N"}
    assert rows(page.versions)["Penjing"] == version("penjing")
    assert rows(page.versions)["torch"] == "not started yet"
    page.hide()
    started = Started(pid=1, seconds=1.0, ram_bytes=1, torch_version="2.13.0+cpu", transformers_version="5.23.0")
    monkeypatch.setattr(versions(), "engine", started)
    page.show()
    assert rows(page.versions)["torch"] == "2.13.0+cpu"
    assert f"Chats, settings and logs: {tmp_path}" in page.text
    assert page.keys.rowCount() == 1, "each time it is shown, the rows are made anew"
    page._copy.click()
    assert QGuiApplication.clipboard().text() == page.text
