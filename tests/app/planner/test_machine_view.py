"""Every figure of the computer says how it is known."""

from __future__ import annotations

from dataclasses import replace

from pytestqt.qtbot import QtBot

from app.planner.machine_view import MachineView, machine_rows
from app.planner.panel import PlannerPanel
from core.machine.machine import Figure, LayerCost, Program, Source
from tests.core.planning.samples import GIB, draft, machine, model

MEASURED = Figure(2.5e9, Source.MEASURED, "Read a file.", "2026-11-21")
ASSUMED = Figure(40e9, Source.ASSUMED, "Not measured yet.")
COST = LayerCost("512x1408", "", "bfloat16", 1000, (1, 8), (1e-3, 2e-3), Source.MEASURED, "Ran it.", "2026-11-20")


def test_figures_say_when_they_were_measured_or_that_they_were_not() -> None:
    here = replace(machine(), drive_read=MEASURED, memory_read=ASSUMED, layers=(COST,), drive="NVMe")
    rows = {row.name: row for row in machine_rows(here)}
    assert (rows["Drive (NVMe)"].value, rows["Drive (NVMe)"].source) == ("2.50 GB/s", "measured 2026-11-21")
    assert rows["Drive (NVMe)"].how == "Read a file."
    assert rows["Reading of RAM"].source == "assumed"
    assert rows["Layers"].source == "measured 2026-11-20"
    assert "512x1408" in rows["Layers"].how
    assert {row.source == "" for row in rows.values() if row.name not in ("Processor", "RAM")} == {False}


def test_a_card_brings_its_figures_and_who_uses_it() -> None:
    here = machine(vram=24 * GIB)
    card = replace(here.devices[0], programs=(Program("blender", 3 * GIB),))
    rows = {row.name: row for row in machine_rows(replace(here, devices=(card,)))}
    assert "blender 3.0 GiB" in rows["A GPU"].how
    assert "Copies to the card" in rows
    assert "Copies to the card" not in {row.name for row in machine_rows(machine())}


def test_another_computer_is_shown_with_its_makers_figures(qtbot: QtBot) -> None:
    panel = PlannerPanel()
    qtbot.addWidget(panel)
    panel.set_machine(machine())
    panel.set_models(model(), draft())
    assert not any(row.source == "vendor's" for row in panel.computer.rows)
    panel.what_if.card.setCurrentText("RTX 4090")
    assert any(row.name == "RTX 4090" for row in panel.computer.rows)
    assert any(row.source == "vendor's" for row in panel.computer.rows)


def test_what_is_shown_changes_with_the_computer(qtbot: QtBot) -> None:
    view = MachineView()
    qtbot.addWidget(view)
    view.show_machine(machine(vram=24 * GIB))
    more = len(view.rows)
    view.show_machine(machine())
    assert len(view.rows) < more
    view.show_machine(None)
    assert view.rows == ()
