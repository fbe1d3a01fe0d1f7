from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from app.crash_reports import CrashReports
from app.log_page import LogPage
from app.style.buttons import IconButton


@pytest.fixture
def page(qtbot: QtBot, tmp_path: Path) -> LogPage:
    logs = tmp_path / "logs"
    logs.mkdir()
    (logs / "window.log").write_text("started\nWARNING of Qt\n", encoding="utf-8")
    reports = CrashReports(tmp_path)
    reports.begin()
    reports.write("engine", "The engine stopped.", ())
    page = LogPage(logs, reports.files)
    qtbot.addWidget(page)
    page.resize(800, 500)
    page.show()
    return page


def test_logs_and_reports_can_be_chosen(page: LogPage) -> None:
    names = [page.files.itemText(index) for index in range(page.files.count())]
    assert names[:2] == ["Window", "Engine"]
    assert "engine" in names[2]
    assert page.view.toPlainText() == "started\nWARNING of Qt"
    page.files.setCurrentIndex(1)
    assert page.view.toPlainText() == ""
    page.files.setCurrentIndex(2)
    assert page.view.toPlainText().startswith("The engine stopped.")


def test_what_is_added_appears_and_the_file_shown_stays_shown(page: LogPage, qtbot: QtBot, tmp_path: Path) -> None:
    (tmp_path / "logs" / "engine.log").write_text("one\n", encoding="utf-8")
    page.show_file(tmp_path / "logs" / "engine.log")
    assert page.view.toPlainText() == "one"
    with (tmp_path / "logs" / "engine.log").open("a", encoding="utf-8") as log:
        log.write("two\n")
    qtbot.waitUntil(lambda: page.view.toPlainText() == "one\ntwo")
    assert page.files.currentText() == "Engine"


def test_only_lines_with_the_words_are_shown_and_copied(page: LogPage) -> None:
    page.filter.setText("warning")
    assert page.view.toPlainText() == "WARNING of Qt"
    page.copy.click()
    assert QGuiApplication.clipboard().text() == "WARNING of Qt"


def test_its_end_is_in_sight_unless_the_person_reads_further_up(page: LogPage, qtbot: QtBot, tmp_path: Path) -> None:
    file, bar = tmp_path / "logs" / "window.log", page.view.verticalScrollBar()

    def write(count: int) -> None:
        file.write_text("\n".join(f"line {number}" for number in range(count)), encoding="utf-8")
        page._look.timeout.emit()

    write(200)
    assert bar.value() == bar.maximum() > 0
    write(300)
    assert bar.value() == bar.maximum()
    bar.setValue(10)
    write(400)
    assert bar.value() == 10


def test_files_are_read_only_while_somebody_looks_and_the_arrow_leads_back(page: LogPage, qtbot: QtBot) -> None:
    assert page._look.isActive()
    with qtbot.waitSignal(page.closed):
        [back] = [button for button in page.findChildren(IconButton) if "Back" in button.accessibleName()]
        back.click()
    page.hide()
    assert not page._look.isActive()


def test_the_file_that_was_read_is_there_again(page: LogPage) -> None:
    page.files.setCurrentIndex(1)
    page.hide()
    page.show()
    assert page.files.currentText() == "Engine"
