"""Measures how late the window's event loop answers a 10 ms timer while a reply is written and its trees are drawn.

    python tests/benchmarks/window_latency.py [--replies 5] [--json FILE]

Uses the real window, the real engine process and the demo pair. Exit code 1 if the 99th percentile is above 50 ms.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtWidgets import QApplication

from app.arrangement import TREE
from app.style.theme import Appearance, theme
from app.window import MainWindow
from core.decoding.report import StepReport

INTERVAL = 0.010
BAR = 0.050
QUESTIONS = (
    "What does os.path.join do?",
    "What is heapq.heappush for?",
    "How does Penjing work?",
    "Explain textwrap.dedent.",
    "What does itertools.chain do?",
)


class Lateness:
    """Seconds by which each tick of a timer came later than asked, and what the window itself computed in between.

    On a machine that does other things as well, the first tells of those too; the second does not.
    """

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self.computed: list[float] = []
        self._last: tuple[float, float] | None = None
        self._timer = QTimer(interval=round(INTERVAL * 1000))
        self._timer.timeout.connect(self._tick)

    def start(self) -> None:
        self._last = None
        self._timer.start()

    def stop(self) -> None:
        self._timer.stop()

    def _tick(self) -> None:
        now, computed = time.perf_counter(), time.thread_time()
        if self._last is not None:
            self.seconds.append(max(0.0, now - self._last[0] - INTERVAL))
            self.computed.append(computed - self._last[1])
        self._last = now, computed


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def wait(application: QApplication, condition: Callable[[], bool], seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError("the window did not get there")
        application.processEvents()
        time.sleep(0.002)


def measure(window: MainWindow, replies: int) -> tuple[Lateness, list[StepReport]]:
    """Ask questions one after the other; the lateness while each is answered, and all steps."""
    lateness = Lateness()
    steps: list[StepReport] = []
    window.link.stepped.connect(lambda _, batch: steps.extend(batch))
    for number in range(replies):
        window.session.send(QUESTIONS[number % len(QUESTIONS)])
        lateness.start()
        # A real event loop, as the program runs one: processEvents in a loop would answer timers at other moments.
        loop = QEventLoop()
        window.session.busy_changed.connect(loop.quit)
        if window.session.busy:
            loop.exec()
        window.session.busy_changed.disconnect(loop.quit)
        lateness.stop()
    return lateness, steps


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--replies", type=int, default=5)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    application = QApplication(["penjing"])
    application.setStyle("fusion")
    with tempfile.TemporaryDirectory() as home:
        os.environ["PENJING_HOME"] = home
        window = MainWindow(Path(home))
        window.settings.remember(welcomed=True)
        theme().wear(Appearance.LIGHT)
        window.show()
        wait(application, lambda: window.planner.plan is not None)
        window.planner.load.click()
        wait(application, lambda: window.engine.ready)
        window.side.setCurrentIndex(TREE)
        lateness, steps = measure(window, arguments.replies)
        window.close()
    result = {
        "ticks": len(lateness.seconds),
        "steps": len(steps),
        "nodes_per_tree": sum(step.nodes for step in steps) / max(1, len(steps)),
        "lateness_p50": percentile(lateness.seconds, 0.50),
        "lateness_p99": percentile(lateness.seconds, 0.99),
        "lateness_max": percentile(lateness.seconds, 1.0),
        "computed_p99": percentile(lateness.computed, 0.99),
        "computed_max": percentile(lateness.computed, 1.0),
        "bar": BAR,
    }
    print(json.dumps(result, indent=2))
    if arguments.json:
        arguments.json.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    return 0 if result["lateness_p99"] <= BAR else 1


if __name__ == "__main__":
    sys.exit(main())
