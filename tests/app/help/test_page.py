from __future__ import annotations

import re
from pathlib import Path

import pytest
from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices, QImage
from pytestqt.qtbot import QtBot

from app.help.guide import LINK, find, read_guide
from app.help.page import WIDTH, HelpPage
from core.locations import GUIDE

CHAPTERS = read_guide()
ANY_LINK = re.compile(r"\]\(([^)\s]+)\)")


def test_the_guide_has_its_chapters_in_order() -> None:
    names = [chapter.file.name for chapter in CHAPTERS]
    assert names[:3] == ["index.md", "install.md", "first-chat.md"]
    assert {"speed.md", "privacy.md", "troubleshooting.md", "command-line.md", "faq.md"} <= set(names)


def test_every_page_of_the_guide_is_reached_from_its_index() -> None:
    named = {"index.md", *LINK.findall((GUIDE / "index.md").read_text("utf-8"))}
    assert {file.name for file in GUIDE.glob("*.md")} <= named


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda chapter: chapter.file.name)
def test_every_link_leads_somewhere(chapter: object) -> None:
    from app.help.guide import Chapter

    assert isinstance(chapter, Chapter)
    for link in ANY_LINK.findall(chapter.text):
        target = link.partition("#")[0]
        if target and not target.startswith(("http:", "https:")):
            assert (chapter.file.parent / target).exists(), link


def test_search_finds_all_words_and_titles_first() -> None:
    assert find(CHAPTERS, "privacy")[0].title == "Privacy"
    assert find(CHAPTERS, "checksum pack")
    assert find(CHAPTERS, "xyzzy") == []
    assert find(CHAPTERS, "") == list(CHAPTERS)


@pytest.fixture
def page(qtbot: QtBot) -> HelpPage:
    page = HelpPage()
    qtbot.addWidget(page)
    page.resize(1000, 700)
    page.show()
    page.open()
    return page


def test_a_chapter_is_shown_and_links_lead_to_others(page: HelpPage) -> None:
    assert "user guide" in page.view.toPlainText()
    page.view.anchorClicked.emit(QUrl("privacy.md"))
    assert page.view.toPlainText().startswith("Privacy")


def test_searching_narrows_the_list(page: HelpPage, qtbot: QtBot) -> None:
    everything = page.list.model().rowCount()
    qtbot.keyClicks(page.search, "telemetry")
    assert 0 < page.list.model().rowCount() < everything
    assert "telemetry" in page.view.toPlainText()


def test_links_out_open_in_the_browser(page: HelpPage, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(url.toString()))
    page.view.anchorClicked.emit(QUrl("https://example.org"))
    page.view.anchorClicked.emit(QUrl("file:///etc/passwd"))
    assert opened == ["https://example.org"]


def test_pictures_come_from_beside_the_chapter_only_and_fit(page: HelpPage) -> None:
    page.show_chapter("first-chat.md")
    picture = page.view.loadResource(2, QUrl("../pictures/window.png"))
    assert isinstance(picture, QImage)
    assert picture.deviceIndependentSize().width() <= WIDTH
    assert page.view.loadResource(2, QUrl("https://example.org/picture.png")) is None


def test_a_missing_guide_is_told(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.help.page.read_guide", lambda: read_guide(tmp_path))
    page = HelpPage()
    qtbot.addWidget(page)
    page.open()
    assert "missing" in page.view.toPlainText()
