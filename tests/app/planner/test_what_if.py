"""What if this computer had other parts: the plan is for those, and cannot be loaded here."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from app.planner.panel import PlannerPanel
from app.planner.what_if import Parts
from core.planning.plan import Plan, Tier
from tests.core.planning.samples import GIB, draft, machine, model


@pytest.fixture
def panel(qtbot: QtBot) -> PlannerPanel:
    widget = PlannerPanel()
    qtbot.addWidget(widget)
    widget.set_machine(machine(16 * GIB, 12 * GIB))
    widget.set_models(model(), draft())
    return widget


def plan_of(panel: PlannerPanel) -> Plan:
    assert panel.plan is not None
    return panel.plan


def test_a_card_that_is_not_there_moves_layers_to_its_memory(panel: PlannerPanel) -> None:
    assert plan_of(panel).device == "cpu"
    panel.what_if.card.setCurrentText("RTX 4090")
    assert plan_of(panel).device == "cuda:0"
    assert Tier.VRAM in plan_of(panel).layers
    assert not panel.load.isEnabled()
    assert "another computer" in panel.load.toolTip()


def test_more_memory_and_a_faster_drive_show_at_once_and_go_away_again(panel: PlannerPanel) -> None:
    before = plan_of(panel)
    assert before.speed is not None
    panel.what_if.drive.setCurrentText("NVMe, PCIe 5")
    faster = plan_of(panel)
    assert faster.speed is not None
    assert faster.speed.low > before.speed.low
    panel.what_if.ram.setCurrentText("64 GiB")
    assert plan_of(panel).layers.count(Tier.RAM) > before.layers.count(Tier.RAM)
    panel.what_if.reset()
    assert panel.model.parts == Parts()
    assert panel.plan == before
    assert panel.load.isEnabled()


def test_a_limit_above_what_is_free_is_asked_about_once(panel: PlannerPanel, qtbot: QtBot) -> None:
    panel.set_machine(machine(64 * GIB, 4 * GIB))
    panel.controls.ram.changed.emit(40 * GIB)
    assert plan_of(panel).fits
    with qtbot.assertNotEmitted(panel.loadRequested):
        panel.load.click()
    assert panel.load.text() == "Load anyway"
    assert "are free" in panel.shortfall.text()
    with qtbot.waitSignal(panel.loadRequested) as loaded:
        panel.load.click()
    assert loaded.args == [panel.plan]


def test_the_nearest_plan_that_fits_is_one_press_away(panel: PlannerPanel) -> None:
    panel.controls.ram.changed.emit(1 * GIB)
    assert not plan_of(panel).fits
    assert not panel.nearest.isHidden()
    panel.nearest.click()
    assert plan_of(panel).fits
    assert panel.nearest.isHidden()


def test_a_reserve_leaves_more_free(panel: PlannerPanel) -> None:
    before = plan_of(panel).layers.count(Tier.RAM)
    panel.controls.reserve.changed.emit(4 * GIB)
    assert plan_of(panel).layers.count(Tier.RAM) < before


def test_the_table_takes_the_place_of_the_pictures(panel: PlannerPanel) -> None:
    panel.show()
    panel.as_table.setChecked(True)
    assert panel.table.isVisible()
    assert not panel.pictures.isVisible()
    assert panel.table.rowCount() > 20
    panel.as_table.setChecked(False)
    assert panel.pictures.isVisible()
    assert not panel.table.isVisible()
