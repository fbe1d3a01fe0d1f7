"""The monitor panel and the status bar's gauges: what they show, and when they do any work."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint
from pytestqt.qtbot import QtBot

from app.monitor.memory_bar import memories
from app.monitor.panel import MonitorPanel
from app.monitor.status import StatusGauges
from app.style.theme import Appearance, theme
from core.decoding.report import Speculation
from core.machine.gauges import DeviceGauge, Gauges
from tests.app.tree.steps import small_step

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


def test_a_computer_without_a_gpu_says_so(panel: MonitorPanel) -> None:
    panel.set_gauges(CPU)
    assert not panel._gpu.isHidden()
    assert [bar.model.name for bar in panel.bars if bar.model] == ["RAM"]
    panel.set_gauges(GPU)
    assert panel._gpu.isHidden()
    assert [bar.model.name for bar in panel.bars if bar.model] == ["VRAM", "RAM"]


def test_the_panel_imports_the_charts_only_when_it_is_shown() -> None:
    code = (
        "import sys; from PySide6.QtWidgets import QApplication; app = QApplication([]);"
        "from app.monitor.panel import MonitorPanel; from app.monitor.status import StatusGauges;"
        "panel, status = MonitorPanel(), StatusGauges(); app.processEvents();"
        "sys.exit('pyqtgraph' in sys.modules or 'torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_steps_appear_in_figures_charts_and_columns(panel: MonitorPanel, qtbot: QtBot) -> None:
    panel.show()
    qtbot.waitUntil(lambda: panel.charts is not None, timeout=10_000)
    for number in range(5):
        panel.add_step(small_step(number))
    qtbot.waitUntil(lambda: panel._figures["tokens per step"].text() == "3.00", timeout=2000)
    assert panel.charts is not None
    assert list(panel.charts.bars.opts["height"]) == [3, 3, 3, 3, 3]
    assert panel.split.accessibleDescription() == "draft 20 ms, stream wait 10 ms, compute 40 ms, sample 2.0 ms"
    panel.grab()
    theme().wear(Appearance.DARK, motion=False)
    panel.grab()
    theme().wear(Appearance.LIGHT, motion=False)


def test_every_figure_is_defined_where_it_stands(panel: MonitorPanel) -> None:
    assert "Committed tokens / steps" in panel._figures["tokens per step"].toolTip()
    for label in panel._figures.values():
        assert label.toolTip()


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
    status.resize(900, 24)
    status.grab()


def test_the_parts_of_a_bar_explain_themselves(panel: MonitorPanel) -> None:
    panel.set_gauges(CPU)
    bar = panel.bars[0]
    bar.resize(300, 60)
    bar.grab()
    words = [text for rect, text in bar.spots if rect.contains(QPoint(30, 28))]
    assert words
    assert words[0].startswith("Others")
