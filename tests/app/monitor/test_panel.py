"""The monitor panel and the status bar's gauges: what they show, and when they do any work."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import pytest
from pytestqt.qtbot import QtBot

from app.monitor.chart import Strip
from app.monitor.memory import memories
from app.monitor.panel import MonitorPanel
from app.monitor.status import StatusGauges
from app.style.theme import Appearance, theme
from core.decoding.report import Speculation
from core.machine.gauges import DeviceGauge, Gauges
from core.planning.plan import Request, Tier
from core.planning.planner import make_plan
from tests.app.tree.steps import small_step
from tests.core.planning import samples

MIB, GIB = 1 << 20, 1 << 30
CPU = Gauges(64 * GIB, 50 * GIB, 160 * MIB, 600 * MIB, (), 2.1e9)
GPU = replace(CPU, devices=(DeviceGauge("cuda:0", "A GPU", 24 * GIB, 21 * GIB, 19 * GIB),))


@pytest.fixture
def panel(qtbot: QtBot) -> MonitorPanel:
    theme().wear(Appearance.LIGHT, motion=False)
    widget = MonitorPanel()
    qtbot.addWidget(widget)
    widget.resize(340, 800)
    return widget


def test_everything_else_is_what_is_used_and_not_ours() -> None:
    ram = memories(CPU)[-1]
    sizes = {part.kind: part.size for part in ram.parts}
    assert sizes == {"engine": 600 * MIB, "window": 160 * MIB, "others": 14 * GIB - 760 * MIB}
    assert ram.free == 50 * GIB


def shown(strips: list[Strip]) -> dict[str, Strip]:
    return {strip.model.name: strip for strip in strips if not strip.isHidden()}


def test_a_computer_without_a_gpu_says_so_and_has_no_bus(panel: MonitorPanel) -> None:
    panel.set_gauges(CPU)
    panel._draw()
    memory = shown(panel.memory.strips)
    assert list(memory) == ["VRAM", "RAM"]
    assert memory["VRAM"].model.note.startswith("No graphics card")
    assert memory["VRAM"].accessibleDescription() == memory["VRAM"].model.note
    assert list(shown(panel.throughput.strips)) == ["Drive"]
    panel.set_gauges(GPU)
    panel._draw()
    memory = shown(panel.memory.strips)
    assert list(memory) == ["VRAM A GPU", "RAM"]
    assert not memory["VRAM A GPU"].model.note
    assert list(shown(panel.throughput.strips)) == ["Drive", "Bus"]


def test_the_panel_imports_nothing_heavy() -> None:
    code = (
        "import sys; from PySide6.QtWidgets import QApplication; app = QApplication([]);"
        "from app.monitor.panel import MonitorPanel; from app.monitor.status import StatusGauges;"
        "panel, status = MonitorPanel(), StatusGauges(); app.processEvents();"
        "sys.exit('numpy' in sys.modules or 'torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_steps_appear_in_figures_and_strips(panel: MonitorPanel, qtbot: QtBot) -> None:
    panel.show()
    panel.set_gauges(CPU)
    for number in range(5):
        panel.add_step(small_step(number))
    speed = shown(panel.speed.strips)
    qtbot.waitUntil(lambda: speed["Tokens per step"].model.figure == "3.00", timeout=2000)
    assert max(value or 0.0 for value in speed["Tokens per step"].model.bands[0].values) == pytest.approx(3.0)
    time_of_step = speed["Time of a step"].accessibleDescription()
    assert "draft 20 ms, stream wait 10 ms, compute 40 ms, sample 2.0 ms" in time_of_step
    light = panel.grab().toImage()
    theme().wear(Appearance.DARK, motion=False)
    assert panel.grab().toImage() != light
    theme().wear(Appearance.LIGHT, motion=False)


def test_the_stacked_parts_of_memory_fill_it(panel: MonitorPanel) -> None:
    panel.set_gauges(CPU)
    panel._draw()
    ram = shown(panel.memory.strips)["RAM"].model
    newest = [band.values[-1] or 0.0 for band in ram.bands]
    assert sum(newest) == ram.ceiling == 64 * GIB
    assert [band.words for band in ram.bands] == [
        "engine 600.0 MiB",
        "window 160.0 MiB",
        "others 13.3 GiB",
        "free 50.0 GiB",
    ]


def test_predictions_are_dashed_and_limits_are_not(panel: MonitorPanel) -> None:
    machine = samples.machine()
    plan = make_plan(Request(samples.small(), samples.draft()), machine)
    assert plan.speed is not None
    panel.set_gauges(GPU)
    panel.set_machine(machine)
    panel.set_plan(plan)
    panel._draw()
    speed = shown(panel.speed.strips)
    [rate_mark] = speed["Tokens per second"].model.marks
    assert rate_mark.dashed
    assert plan.speed.low <= rate_mark.value <= plan.speed.high
    [assumed] = speed["Tokens per step"].model.marks
    assert assumed.value == plan.speed.tokens_per_step
    [total] = speed["Time of a step"].model.marks
    assert total.value == plan.speed.step_seconds
    [ram] = shown(panel.memory.strips)["RAM"].model.marks
    assert ram.dashed
    [drive] = shown(panel.throughput.strips)["Drive"].model.marks
    assert not drive.dashed
    assert drive.value == machine.drive_read.value
    panel.grab()
    panel.set_plan(None)
    panel._draw()
    assert shown(panel.speed.strips)["Tokens per second"].model.marks == ()


def test_what_is_predicted_to_travel_stands_beside_what_the_machine_can_do(panel: MonitorPanel) -> None:
    machine = samples.machine(vram=24 * GIB)
    request = Request(samples.model(), None, device="cuda:0", vram_limit=7 * GIB, ram_limit=9 * GIB)
    plan = make_plan(request, machine)
    assert plan.speed is not None
    assert plan.streamed_tiers == {Tier.RAM, Tier.SSD}
    panel.set_gauges(GPU)
    panel.set_machine(machine)
    panel.set_plan(plan)
    panel._draw()
    strips = shown(panel.throughput.strips)
    for name, size in (("Drive", plan.speed.from_drive), ("Bus", plan.speed.over_bus)):
        limit, predicted = strips[name].model.marks
        assert not limit.dashed
        assert predicted.dashed
        assert predicted.value == pytest.approx(size / plan.speed.step_seconds)
        assert 0 < predicted.value <= limit.value * 1.0001
        assert "predicted" in strips[name].accessibleDescription()


def test_a_hidden_panel_draws_nothing(panel: MonitorPanel) -> None:
    before = panel.speed.strips[0].model
    for number in range(3):
        panel.add_step(small_step(number))
    assert not panel._timer.isActive()
    assert panel.speed.strips[0].model is before


def test_a_gap_in_the_readings_is_bridged_for_a_moment_only(panel: MonitorPanel) -> None:
    panel.timeline.seconds.clear()
    panel.timeline.add_gauges(CPU, 10.0)
    panel.timeline.advance(20.0)
    ram = panel._strips.memory()[-1]
    assert [value is not None for value in ram.bands[0].values] == [True] * 4 + [False] * 7


def test_every_strip_explains_itself(panel: MonitorPanel) -> None:
    panel.set_gauges(GPU)
    panel._draw()
    for group in (panel.memory, panel.throughput, panel.speed):
        for strip in group.strips:
            assert strip.model.meaning or strip.model.note
            assert strip.accessibleName()


def test_the_status_bar_always_tells_memory_drive_and_speculation(qtbot: QtBot) -> None:
    status = StatusGauges()
    qtbot.addWidget(status)
    assert status.speculation.words == "Nothing is loaded"
    status.set_gauges(CPU)
    assert status.bars[0].words == "14.0/64.0 GiB"
    assert status.drive.words == "2.1 GB/s"
    assert not status.no_gpu.isHidden()
    status.set_speculation(Speculation(False, "there is no draft", ""))
    assert status.speculation.words == "Speculation is off: there is no draft"
    status.add_step(small_step(0))
    assert status.per_step.words == "3.00 per step"
    assert status.bus.isHidden()
    status.set_gauges(GPU)
    assert status.bus.words == "15 MB/s"
    assert not status.bus.isHidden()
    status.resize(900, 24)
    status.grab()
