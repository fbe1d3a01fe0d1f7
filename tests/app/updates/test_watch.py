from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices
from pytestqt.qtbot import QtBot

from app.settings.settings import Settings
from app.updates.section import UpdatesSection
from app.updates.watch import UpdateWatch
from tests.core.updates.serving import serving
from tests.core.updates.test_notice import NOTICE, PUBLIC, signed

DATA, SIGNATURE = signed(NOTICE | {"version": "999.0"})
GOOD = {"/update.json": (200, DATA), "/update.json.sig": (200, SIGNATURE)}

Maker = Callable[..., UpdateWatch]


@pytest.fixture
def make(qtbot: QtBot) -> Iterator[Maker]:
    watches: list[UpdateWatch] = []

    def make_one(url: str, **wishes: object) -> UpdateWatch:
        settings = Settings(update_url=url, update_key=PUBLIC, **wishes)  # type: ignore[arg-type]

        def remember(**fields: object) -> None:
            for name, value in fields.items():
                setattr(settings, name, value)

        watches.append(UpdateWatch(lambda: settings, remember))
        return watches[-1]

    yield make_one
    for watch in watches:
        watch.close()


def test_nobody_is_asked_unless_the_person_wants_it(make: Maker, qtbot: QtBot) -> None:
    with serving(GOOD) as (address, asked):
        watch = make(f"{address}/update.json")
        watch.look_if_due()
        qtbot.wait(50)
        assert asked == []


def test_once_a_day_is_enough(make: Maker, qtbot: QtBot) -> None:
    with serving(GOOD) as (address, asked):
        watch = make(f"{address}/update.json", updates=True)
        with qtbot.waitSignal(watch.found) as found:
            watch.look_if_due()
        assert found.args[0].version == "999.0"
        watch.look_if_due()
        qtbot.wait(50)
        assert len(asked) == 2  # the notice and its signature


def test_a_day_later_it_looks_again(make: Maker, qtbot: QtBot) -> None:
    with serving(GOOD) as (address, _):
        watch = make(f"{address}/update.json", updates=True, updates_looked=time.time() - 25 * 3600)
        with qtbot.waitSignal(watch.found):
            watch.look_if_due()


def test_a_bad_signature_is_told_to_who_asked_and_to_nobody_else(make: Maker, qtbot: QtBot) -> None:
    bad = GOOD | {"/update.json.sig": (200, b"AAAA")}
    with serving(bad) as (address, _):
        watch = make(f"{address}/update.json", updates=True)
        with qtbot.assertNotEmitted(watch.failed, wait=300):
            watch.look_if_due()
        with qtbot.waitSignal(watch.failed) as failed:
            watch.look()
        assert "not signed" in failed.args[0]


def test_that_there_is_nothing_new_is_told_to_who_asked_and_to_nobody_else(make: Maker, qtbot: QtBot) -> None:
    data, signature = signed(NOTICE | {"version": "0.0.1"})
    with serving({"/update.json": (200, data), "/update.json.sig": (200, signature)}) as (address, asked):
        watch, told = make(f"{address}/update.json", updates=True), []
        watch.current.connect(lambda: told.append(len(asked)))
        watch.look_if_due()
        watch.look()
        # They look one after the other, and two files each.
        qtbot.waitUntil(lambda: told[-1:] == [4])
        assert told == [4]


def test_the_section_shows_notes_as_text_and_opens_the_page(
    make: Maker, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(QUrl(url).toString()))
    data, signature = signed(NOTICE | {"version": "999.0", "notes": "<b>Faster</b>"})
    with serving({"/update.json": (200, data), "/update.json.sig": (200, signature)}) as (address, _):
        watch = make(f"{address}/update.json")
        section = UpdatesSection(watch, lambda **_: None)
        qtbot.addWidget(section)
        section.show()
        section.now.click()
        qtbot.waitUntil(section.open.isVisible)
    assert "<b>Faster</b>" in section.says.text()
    assert section.says.textFormat() is Qt.TextFormat.PlainText
    section.open.click()
    assert opened == [NOTICE["page"]]
    assert section.now.isEnabled()
