"""What it costs to watch the machine: processor time of a reading of the gauges, and of drawing the monitor's strips.

    python -m tests.benchmarks.window_monitor

Readings are taken once a second, as in the window; strips are drawn twice a second while a reply is written. Exit code
1 if the readings take 1 % of a core.
"""

from __future__ import annotations

import os
import statistics
import sys
import time

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QApplication

from app.machine_watch import GAUGE_INTERVAL_MS
from app.monitor.panel import REDRAW_MS, MonitorPanel
from core.machine.gauges import GaugeReader
from core.planning.plan import Request
from core.planning.planner import make_plan
from tests.app.tree.steps import small_step
from tests.core.planning import samples

READINGS = 20
BAR = 0.01


def reading_seconds() -> float:
    """Median processor seconds of a reading, a second apart, all threads of this process counted."""
    reader = GaugeReader()
    reader.read(os.getpid())
    times = []
    for _ in range(READINGS):
        time.sleep(GAUGE_INTERVAL_MS / 1000)
        start = time.process_time()
        reader.read(os.getpid())
        times.append(time.process_time() - start)
    return statistics.median(times)


def drawing_seconds() -> float:
    """Median processor seconds of making and painting all strips over two full minutes."""
    panel = MonitorPanel()
    panel.resize(372, 900)
    reader, now = GaugeReader(), time.monotonic()
    panel.timeline.seconds.clear()
    for ago in range(120, -1, -1):
        panel.timeline.add_gauges(reader.read(None), now - ago)
        panel.timeline.add_step(small_step(5), now - ago)
    machine = samples.machine()
    panel.set_machine(machine)
    panel.set_plan(make_plan(Request(samples.small(), samples.draft()), machine))
    canvas = QPixmap(panel.size())
    times = []
    for _ in range(READINGS + 1):
        start = time.thread_time()
        panel._draw()
        panel.render(canvas)
        times.append(time.thread_time() - start)
    return statistics.median(times[1:])


def main() -> int:
    application = QApplication([])
    application.setStyle("Fusion")
    sampling = reading_seconds() * 1000 / GAUGE_INTERVAL_MS
    drawing = drawing_seconds() * 1000 / REDRAW_MS
    print(f"reading the gauges: {sampling:.2%} of a core")
    print(f"drawing the strips while the panel is seen and a reply is written: {drawing:.2%} of a core")
    return 1 if sampling >= BAR else 0


if __name__ == "__main__":
    sys.exit(main())
