"""Well-known models compared for this computer: sorted, filtered, computed beside the window, seen in the planner."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from app.planner import comparing
from app.planner.panel import PlannerPanel
from app.planner.what_if import Parts
from app.planner.worth_page import WorthPage
from app.planner.worth_table import MARKS, OFFER, Column
from app.style.theme import Appearance, theme
from core.errors import BadRequest
from core.machine.machine import Machine
from core.planning.catalogue import find_model
from core.planning.plan import Tier
from core.planning.worth import Offer
from tests.core.planning.samples import GIB, draft, machine, model

WAIT = 60_000
DESKTOP = machine(64 * GIB, 50 * GIB)


@pytest.fixture
def page(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> Iterator[WorthPage]:
    """The page, in sight, with a few of the models compared in 4 bits."""
    names = ("Llama-2-70b-hf", "Llama-3.1-70B", "Mixtral-8x7B-v0.1")
    monkeypatch.setattr("core.planning.worth.models", lambda: tuple(find_model(name) for name in names))
    theme().wear(Appearance.LIGHT, motion=False)
    widget = WorthPage()
    qtbot.addWidget(widget)
    widget.format.setCurrentText("4 bits")
    widget.resize(680, 760)
    widget.show()
    yield widget
    widget.close_work()


def compare(page: WorthPage, qtbot: QtBot, there: Machine, parts: Parts | None = None) -> list[Offer]:
    page.set_machine(there, parts or Parts())
    qtbot.waitUntil(lambda: bool(page.comparing.found) and not page.comparing.running, timeout=WAIT)
    return [page._table.index(row, 0).data(OFFER) for row in range(page._table.rowCount())]


def test_before_the_machine_is_known_it_says_so(page: WorthPage) -> None:
    assert page.state.text() == "The machine is being looked at."
    assert not page.look.isEnabled()


def test_all_are_compared_fastest_first_and_sorted_as_a_person_wants(page: WorthPage, qtbot: QtBot) -> None:
    found = compare(page, qtbot, DESKTOP)
    assert len(found) == 3
    assert page.state.text() == "3 compared."
    speeds = [offer.tokens_per_second for offer in found]
    assert speeds == sorted(speeds, reverse=True)
    header = page.table.horizontalHeader()
    place = header.sectionViewportPosition(Column.DOWNLOAD) + 20
    qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(place, 10))
    sizes = [page._table.index(row, 0).data(OFFER).download for row in range(3)]
    assert sizes in (sorted(sizes), sorted(sizes, reverse=True))


def test_what_is_from_memory_is_marked(page: WorthPage, qtbot: QtBot) -> None:
    for row, offer in enumerate(compare(page, qtbot, DESKTOP)):
        spoken = page._table.index(row, 0).data(Qt.ItemDataRole.AccessibleTextRole)
        assert any(mark in spoken for mark in MARKS.values()) == (offer.certainty != "sourced")


def test_a_row_shows_its_plan_in_the_planner_and_the_page_gives_it_back(page: WorthPage, qtbot: QtBot) -> None:
    panel = PlannerPanel()
    qtbot.addWidget(panel)
    panel.set_machine(DESKTOP)
    panel.set_models(model(), draft())
    before = panel.plan
    page.shown.connect(panel.show_offer)
    first, *_ = compare(page, qtbot, DESKTOP)
    page.table.setFocus()
    page.table.selectRow(0)
    assert panel.plan is not None
    assert panel.plan.model.name == first.request.model.folder.name
    assert panel.plan.speed is not None
    assert panel.plan.speed.tokens_per_second == pytest.approx(first.tokens_per_second)
    assert "not here" in panel.elsewhere.text()
    assert not panel.load.isEnabled()
    assert panel.plan_here == before
    page.hide()
    assert panel.plan == before
    assert panel.load.isEnabled()


def test_a_model_is_looked_for_by_button_and_by_key(page: WorthPage, qtbot: QtBot) -> None:
    first, second, *_ = compare(page, qtbot, DESKTOP)
    page.table.selectRow(0)
    with qtbot.waitSignal(page.search_wanted) as asked:
        page.look.click()
    assert asked.args == [first.entry.name.split("/")[1]]
    page.table.selectRow(1)
    with qtbot.waitSignal(page.search_wanted) as asked:
        qtbot.keyClick(page.table, Qt.Key.Key_Return)
    assert asked.args == [second.entry.name.split("/")[1]]


def test_another_computer_and_another_format_are_compared_anew(page: WorthPage, qtbot: QtBot) -> None:
    here = compare(page, qtbot, DESKTOP)
    page.table.selectRow(0)
    there = compare(page, qtbot, machine(64 * GIB, 50 * GIB, vram=24 * GIB), Parts(card="RTX 4090"))
    assert "RTX 4090" in page.explanation.text()
    assert all(Tier.VRAM in offer.shares for offer in there)
    assert page.table.offer is not None
    assert page.table.offer.entry.name == here[0].entry.name, "the same row stays selected"
    page.format.setCurrentText("16 bits")
    qtbot.waitUntil(lambda: len(page.comparing.found) == 3 and not page.comparing.running, timeout=WAIT)
    assert {offer.weight_format for offer in page.comparing.found} == {"16 bits"}


def test_where_nothing_fits_it_says_so_and_gives_no_speed(page: WorthPage, qtbot: QtBot) -> None:
    compare(page, qtbot, machine(2 * GIB))
    assert "None of them fits" in page.state.text()
    page.table.selectRow(0)
    assert "This needs" in page.words.text()
    assert page._table.index(0, Column.SPEED).data() == "–"
    page.grab()


def test_what_goes_wrong_is_a_sentence_and_can_be_tried_again(
    page: WorthPage, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> Iterator[Offer]:
        raise BadRequest("The catalogue is damaged.", "Install Penjing again.")

    with monkeypatch.context() as patch:
        patch.setattr(comparing, "offers", broken)
        page.set_machine(DESKTOP, Parts())
        qtbot.waitUntil(page.again.isVisible, timeout=WAIT)
    assert "damaged" in page.state.text()
    page.again.click()
    qtbot.waitUntil(lambda: len(page.comparing.found) == 3, timeout=WAIT)
    assert not page.again.isVisible()


def test_nothing_is_compared_while_nobody_looks(page: WorthPage) -> None:
    page.hide()
    page.set_machine(DESKTOP, Parts())
    assert not page.comparing.running


@pytest.mark.parametrize("width", [380, 680])
def test_both_themes_paint_at_every_width(page: WorthPage, qtbot: QtBot, width: int) -> None:
    compare(page, qtbot, DESKTOP)
    page.resize(width, 600)
    light = page.grab().toImage()
    theme().wear(Appearance.DARK, motion=False)
    assert page.grab().toImage() != light
    theme().wear(Appearance.LIGHT, motion=False)
