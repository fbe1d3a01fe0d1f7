"""A person sees what copies that draft take, and can be rid of them."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.settings.self_drafts_section import SelfDraftsSection
from core.hub.self_drafts import self_drafts_folder


@pytest.fixture
def section(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SelfDraftsSection:
    monkeypatch.setenv("PENJING_HOME", str(tmp_path))
    section = SelfDraftsSection()
    qtbot.addWidget(section, before_close_func=lambda _: section.close_work())
    return section


def test_where_there_are_none_there_is_nothing_to_remove(qtbot: QtBot, section: SelfDraftsSection) -> None:
    section.show()
    qtbot.waitUntil(lambda: "none yet" in section.says.text())
    assert not section.remove.isEnabled()


def test_they_are_removed_and_the_room_is_free(qtbot: QtBot, section: SelfDraftsSection) -> None:
    copies = self_drafts_folder() / "some-model-0"
    copies.mkdir(parents=True)
    (copies / "layer-00000.safetensors").write_bytes(bytes(3 << 20))
    section.show()
    qtbot.waitUntil(lambda: "They take 3.0 MiB now." in section.says.text())
    section.remove.click()
    qtbot.waitUntil(lambda: "none yet" in section.says.text())
    assert not copies.exists()
