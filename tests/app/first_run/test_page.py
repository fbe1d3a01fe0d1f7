from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from app.first_run.page import FirstRunPage
from app.first_run.wording import describe, rows
from core.machine.machine import Machine
from tests.core.planning.samples import GIB
from tests.core.planning.samples import machine as make_machine


@pytest.fixture
def page(qtbot: QtBot) -> FirstRunPage:
    page = FirstRunPage()
    qtbot.addWidget(page)
    page.resize(760, 640)
    page.show()
    return page


@pytest.fixture
def machine() -> Machine:
    return make_machine(ram=32 * GIB)


def words(page: FirstRunPage) -> list[str]:
    step = page.steps.currentWidget()
    assert step is not None
    return [label.text() for label in step.findChildren(QLabel)]


def test_a_person_goes_through_and_back_by_keys(page: FirstRunPage, qtbot: QtBot) -> None:
    assert page.forward.hasFocus()
    qtbot.keyClick(page.forward, Qt.Key.Key_Space)
    qtbot.keyClick(page.forward, Qt.Key.Key_Space)
    assert page.steps.currentIndex() == 2
    assert not page.forward.isVisible()
    assert page.demo.hasFocus()
    page.back.click()
    assert page.steps.currentIndex() == 1


def test_leaving_and_beginning_are_signals(page: FirstRunPage, qtbot: QtBot) -> None:
    with qtbot.waitSignal(page.closed):
        page.skip.click()
    with qtbot.waitSignal(page.demo_wanted):
        page.demo.click()
    with qtbot.waitSignal(page.models_wanted):
        page.models.click()


def test_looking_for_updates_is_off_until_it_is_chosen(page: FirstRunPage, qtbot: QtBot) -> None:
    assert not page.updates.isChecked()
    with qtbot.waitSignal(page.updates_chosen) as chosen:
        page.updates.click()
    assert chosen.args == [True]


def test_it_says_what_this_computer_can_run_and_again_when_more_is_known(
    page: FirstRunPage, machine: Machine, qtbot: QtBot
) -> None:
    page.show_step(1)
    page.show_machine(machine)
    page.show_machine(machine)
    assert describe(machine) in words(page)
    qtbot.waitUntil(lambda: words(page).count("8B") == 1)


def test_every_size_has_a_place_and_a_speed(machine: Machine) -> None:
    found = rows(machine)
    assert [row.size for row in found] == ["1B", "3B", "8B", "32B", "70B"]
    assert found[0].place == "all in RAM"
    assert found[0].speed.endswith("tok/s")
    assert "layers on the drive" in found[-1].place
    assert found[-1].speed.endswith("s a token")
