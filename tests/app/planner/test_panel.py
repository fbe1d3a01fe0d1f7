"""The planner panel: dragging re-plans, what does not fit cannot be loaded, and what is loaded is what was shown."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.planner.panel import PlannerPanel
from app.planner.scales import TICKS
from app.settings.plan_settings import PlanSettings
from app.style.theme import Appearance, theme
from core.decoding.report import FinishReason, ReplySummary, Speculation
from core.engine.messages import Loaded, Loading
from core.planning.blueprint import Blueprint
from core.planning.experience import Experience, Run, Shape
from core.planning.history import basis_of
from core.planning.knowledge import Knowledge
from core.planning.plan import Plan, Purpose, Tier
from tests.core.planning.samples import draft, machine, mixture, model, small

GIB = 1 << 30


@pytest.fixture
def panel(qtbot: QtBot) -> PlannerPanel:
    theme().wear(Appearance.LIGHT, motion=False)
    widget = PlannerPanel()
    qtbot.addWidget(widget)
    widget.resize(340, 760)
    widget.set_machine(machine())
    widget.set_models(small(), None)
    widget.show()
    return widget


def plan_of(panel: PlannerPanel) -> Plan:
    assert panel.plan is not None
    return panel.plan


def test_an_empty_panel_teaches(qtbot: QtBot) -> None:
    widget = PlannerPanel()
    qtbot.addWidget(widget)
    widget.set_machine(machine())
    assert "Choose a model" in widget.empty.text()
    assert not widget.load.isEnabled()


def test_dragging_the_limit_moves_layers_between_the_tiers(panel: PlannerPanel, qtbot: QtBot) -> None:
    slider = panel.controls.ram.slider
    assert plan_of(panel).layers.count(Tier.SSD) == 0
    qtbot.mousePress(slider, Qt.MouseButton.LeftButton, pos=QPoint(int(slider.x_of(0.5)), slider.height() // 2))
    half = plan_of(panel).layers.count(Tier.SSD)
    assert 0 < half < 8
    assert panel.tiles.summary == f"{8 - half} resident in RAM, {half} streamed from SSD"
    qtbot.mouseMove(slider, QPoint(int(slider.x_of(0.12)), slider.height() // 2))
    assert plan_of(panel).layers.count(Tier.SSD) > half
    qtbot.mouseRelease(slider, Qt.MouseButton.LeftButton)
    panel.grab()


@pytest.mark.parametrize("width", [300, 372])
def test_nothing_overlaps_from_the_first_moment(panel: PlannerPanel, width: int) -> None:
    """Also before the event loop takes a turn: a paint, or a picture of the window, may come at once."""
    panel.resize(width, 760)
    panel.change(replace(panel.model.settings, ram_limit=1 << 20))
    QApplication.processEvents()
    panel.change(PlanSettings())
    basis = basis_of(plan_of(panel))
    runs = [replace(basis, tokens_per_second=basis.tokens_per_second * share) for share in (0.7, 1.1, 1.3, 1.4, 1.5)]
    shape = Shape("cpu", "bfloat16", 1, 0)
    panel.set_knowledge(Knowledge(Experience(tuple(Run("", shape, basis, said, basis, 40) for said in runs))))
    assert "were off by" in panel.errors.text()
    assert panel.speed.geometry().bottom() < panel.errors.geometry().top()
    assert panel.errors.geometry().bottom() < panel.curve.geometry().top()
    assert panel.errors.height() >= panel.errors.heightForWidth(panel.errors.width())


def test_the_field_shows_the_limit_of_the_slider_and_takes_a_typed_one(panel: PlannerPanel, qtbot: QtBot) -> None:
    panel.controls.ram.slider.setValue(TICKS // 2)
    assert panel.controls.ram.field.text().endswith("MiB")
    panel.controls.ram.field.clear()
    qtbot.keyClicks(panel.controls.ram.field, "2GiB")
    qtbot.keyClick(panel.controls.ram.field, Qt.Key.Key_Return)
    assert panel.model.settings.ram_limit == 2 * GIB
    assert panel.controls.ram.field.text() == "2.0 GiB"
    panel.controls.ram.slider.setValue(TICKS)
    assert panel.model.settings.ram_limit is None
    assert panel.controls.ram.field.text() == "no limit"


def test_a_limit_that_is_no_size_leaves_the_one_that_holds(panel: PlannerPanel, qtbot: QtBot) -> None:
    panel.controls.ram.field.clear()
    qtbot.keyClicks(panel.controls.ram.field, "plenty")
    qtbot.keyClick(panel.controls.ram.field, Qt.Key.Key_Return)
    assert panel.model.settings.ram_limit is None
    assert panel.controls.ram.field.text() == "no limit"


def test_a_plan_that_does_not_fit_cannot_be_loaded_and_says_why(panel: PlannerPanel) -> None:
    panel.controls.ram.slider.setValue(0)
    assert not plan_of(panel).fits
    assert not panel.load.isEnabled()
    assert panel.shortfall.isVisible()
    assert panel.shortfall.text() in panel.load.toolTip()
    assert "more RAM" in panel.shortfall.text()
    assert panel.speed.headline == "no speed"
    panel.grab()
    panel.auto.click()
    assert plan_of(panel).fits
    assert panel.load.isEnabled()
    assert not panel.shortfall.isVisible()


def test_load_asks_for_the_very_plan_that_is_shown(panel: PlannerPanel, qtbot: QtBot) -> None:
    with qtbot.waitSignal(panel.loadRequested) as signal:
        panel.load.click()
    assert signal.args is not None
    assert signal.args[0] is panel.plan


def test_context_and_budget_are_set_by_slider_or_typed(panel: PlannerPanel, qtbot: QtBot) -> None:
    panel.set_models(small(), small(layers=2))
    panel.controls.context.slider.setValue(0)
    assert plan_of(panel).context == 512
    panel.controls.budget.slider.setValue(1)
    assert plan_of(panel).budget == 1
    panel.controls.budget.field.clear()
    qtbot.keyClicks(panel.controls.budget.field, "40")
    qtbot.keyClick(panel.controls.budget.field, Qt.Key.Key_Return)
    assert plan_of(panel).budget == 40
    panel.auto.click()
    assert panel.controls.budget.field.text() == f"auto: {plan_of(panel).budget}"


def test_loading_shows_progress_and_can_be_cancelled(panel: PlannerPanel, qtbot: QtBot) -> None:
    panel.set_loading(Loading(30 << 20, 100 << 20, "penjing-demo"))
    assert panel.progress.isVisible()
    assert panel.progress.value() == 300
    assert panel.progress_words.text() == "Loading penjing-demo, 30.0 MiB of 100.0 MiB"
    assert not panel.load.isVisible()
    with qtbot.waitSignal(panel.cancel_wanted):
        panel.cancel.click()
    panel.set_loading(None)
    assert not panel.progress.isVisible()
    assert panel.load.isEnabled()


def test_prediction_and_measurement_stand_side_by_side(panel: PlannerPanel) -> None:
    speculation = Speculation(False, "there is no draft", "")
    panel.set_loaded(Loaded(plan_of(panel), speculation, 1.0, 1, 0, ()))
    assert not panel.load.isEnabled()
    assert "measured" not in panel.speed.comparison
    panel.set_measured(
        ReplySummary("", (), FinishReason.END, 3, 9, 1.0, 8.4, 0.1, 1.0, 1, 0, speculation, 0),
    )
    assert panel.speed.comparison.endswith("measured 8.4 tok/s")


def test_the_vram_slider_is_there_only_with_a_device(panel: PlannerPanel) -> None:
    assert not panel.controls.vram.isVisible()
    panel.set_machine(machine(vram=12 * GIB))
    panel.set_models(model(), draft())
    assert panel.controls.vram.isVisible()
    assert panel.tanks[Tier.VRAM].isVisible()
    resident = plan_of(panel).layers.count(Tier.VRAM)
    panel.controls.vram.slider.setValue(TICKS // 3)
    assert plan_of(panel).layers.count(Tier.VRAM) < resident
    panel.grab()


def test_every_tile_says_where_its_layer_lives(panel: PlannerPanel) -> None:
    panel.controls.ram.slider.setValue(TICKS // 2)
    first_streamed = plan_of(panel).layers.index(Tier.SSD)
    assert panel.tiles.words(0).startswith("Embedding")
    assert "streamed from SSD" in panel.tiles.words(first_streamed + 1)
    assert panel.tiles.words(9).startswith("Head")


@pytest.mark.parametrize("width", [340, 700])
def test_both_themes_paint_at_every_width(panel: PlannerPanel, width: int) -> None:
    panel.resize(width, 760)
    light = panel.grab().toImage()
    theme().wear(Appearance.DARK, motion=False)
    assert panel.grab().toImage() != light
    theme().wear(Appearance.LIGHT, motion=False)


def test_cache_and_draft_are_chosen_and_replanned_at_once(panel: PlannerPanel, qtbot: QtBot) -> None:
    panel.set_machine(machine(vram=24 * GIB))
    panel.set_models(model(), draft())
    before = plan_of(panel)
    assert panel.controls.kv_dtype.box.currentText() == "auto: bf16"
    assert panel.controls.draft_tier.box.currentText() == "auto: VRAM"
    assert "save more there" in panel.controls.draft_tier.box.toolTip()
    panel.controls.kv_dtype.box.setFocus()
    qtbot.keyClicks(panel.controls.kv_dtype.box, "fp8")
    assert plan_of(panel).kv_dtype == "float8_e4m3"
    vram = [next(use for use in plan.use if use.tier is Tier.VRAM) for plan in (before, plan_of(panel))]
    assert vram[1].bytes[Purpose.KV] == vram[0].bytes[Purpose.KV] // 2
    panel.controls.draft_tier.box.setCurrentIndex(panel.controls.draft_tier.box.findData("ram"))
    assert plan_of(panel).draft_tier is Tier.RAM
    assert "drafting takes longer" in panel.controls.draft_tier.box.toolTip()
    assert "The draft streams from RAM" in panel.remarks.text()
    panel.set_machine(machine())
    assert plan_of(panel).draft_tier is Tier.RAM, "on a processor that is where layers compute"
    panel.auto.click()
    assert panel.controls.kv_dtype.box.currentText() == "auto: bf16"
    panel.set_models(model(), None)
    assert not panel.controls.draft_tier.isEnabled()


def test_a_tier_that_another_computer_lacks_is_not_asked_of_it(panel: PlannerPanel) -> None:
    panel.set_machine(machine(vram=24 * GIB))
    panel.set_models(model(), draft())
    panel.change(replace(panel.model.settings, draft_tier="vram"))
    panel.what_if.card.setCurrentText("none")
    assert plan_of(panel).draft_tier is Tier.RAM
    panel.what_if.reset()
    assert plan_of(panel).draft_tier is Tier.VRAM


def test_who_drafts_is_chosen_and_what_can_not_is_not_offered(panel: PlannerPanel) -> None:
    target = Blueprint("7B", "llama", 32, 4096, 11_008, 32, 32, 128, 32_000, context_limit=4096).spec()
    panel.set_machine(machine(ram=14 * GIB))
    panel.set_models(target, None)
    box = panel.controls.drafter.box
    assert {box.itemData(index) for index in range(box.count())} == {"auto", "self", "lookup"}
    assert box.currentText() == "auto: self-draft"
    assert "drafts for itself" in box.toolTip()
    assert next(use for use in plan_of(panel).use if use.tier is Tier.RAM).bytes[Purpose.SELF_DRAFT] > 0
    box.setCurrentIndex(box.findData("lookup"))
    assert plan_of(panel).sources == ("lookup", "recycling")
    panel.set_models(mixture(), draft())
    assert {box.itemData(index) for index in range(box.count())} == {"auto", "model", "lookup"}
