"""Replays a trace of 200 steps of 1,024 nodes at 10 steps a second while a reply of 100 KB streams into the chat.

    python -m tests.benchmarks.window_tree_replay [--minutes 2.2] [--json FILE]

The window, its link to the engine and the trace file are the real ones; the engine process writes by the clock. Says
how late a 10 ms timer of the window's event loop was, whether any text was lost, and by how much the window's resident
memory grew after its first half minute. Exit code 1 if a bar is missed: 33 ms at the 99th percentile, no text, 20 MB in
ten minutes.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import psutil
from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtWidgets import QApplication

from app.arrangement import TREE
from app.engine_link import EngineLink
from app.style.theme import Appearance, theme
from app.window import MainWindow
from core.decoding.trace import TraceHead, TraceWriter
from core.engine.client import EngineClient
from tests.app.tree.steps import grown_step
from tests.benchmarks.window_latency import Lateness, percentile, wait
from tests.benchmarks.window_tree_engine import reply_text

STEPS, NODES, SPEED = 200, 1024, 10.0
LATENESS, GROWTH = 0.033, 20_000_000
SETTLING = 30.0
"""Seconds after which memory must not grow: by then every cache of the program was used."""


def write_trace(file: Path) -> None:
    with TraceWriter(file, TraceHead("0", "2026-01-01T00:00:00+00:00", "big", "small")) as trace:
        for number in range(STEPS):
            trace.add(grown_step(NODES, number, number))


def fake_client(folder: Path) -> EngineClient:
    """A client of the process that writes by the clock."""
    root = Path(__file__).resolve().parents[2]
    interpreter = folder / "interpreter"
    command = f'cd "{root}" && exec "{sys.executable}" -m tests.benchmarks.window_tree_engine'
    interpreter.write_text(f"#!/bin/sh\n{command}\n", encoding="utf-8")
    interpreter.chmod(0o755)
    return EngineClient(str(interpreter))


class Run:
    """Keeps the replay and the reply going for a while, and watches."""

    def __init__(self, window: MainWindow, seconds: float) -> None:
        self.window = window
        self.lateness = Lateness()
        self.memory: list[tuple[float, int]] = []
        self.shown: set[int] = set()
        self.changes = 0
        self._before = -1
        self._asked = False
        self._end = time.monotonic() + seconds
        self._started = time.monotonic()
        self._loop = QEventLoop()
        self._tick = QTimer(interval=100)
        self._tick.timeout.connect(self._watch)

    def go(self) -> None:
        self._tick.start()
        self.lateness.start()
        self._loop.exec()
        self.lateness.stop()

    def _watch(self) -> None:
        window, now = self.window, time.monotonic()
        self.memory.append((now - self._started, psutil.Process().memory_info().rss))
        index = window.tree.history.index
        self.changes += index != self._before
        self._before = index
        self.shown.add(index)
        if not self._asked:
            self._asked = True
            window.session.send("Write on.")
        elif now >= self._end and not window.session.busy:
            self._loop.quit()
            return
        if not window.tree.running:
            window.tree.toggle()

    @property
    def growth(self) -> int:
        """Bytes of resident memory gained since everything had settled; medians, for single readings jump."""
        settled = [size for at, size in self.memory if SETTLING <= at < SETTLING + 10]
        last = [size for _, size in self.memory[-100:]]
        return round(percentile([float(size) for size in last], 0.5) - percentile([float(s) for s in settled], 0.5))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=2.2)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    application = QApplication(["penjing"])
    application.setStyle("fusion")
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        os.environ["PENJING_HOME"] = folder
        write_trace(home / "trace.jsonl")
        window = MainWindow(home, EngineLink(lambda: fake_client(home)))
        theme().wear(Appearance.LIGHT)
        window.show()
        wait(application, lambda: window.planner.plan is not None)
        window.planner.load.click()
        wait(application, lambda: window.engine.ready)
        window.side.setCurrentIndex(TREE)
        window.tree.open_trace(home / "trace.jsonl")
        wait(application, lambda: window.tree.shows_other)
        window.tree.menu.set_speed(SPEED)
        run = Run(window, 60 * arguments.minutes)
        run.go()
        kept = [view.turn.content for view in window.chat.transcript.views][1:] == [reply_text()]
        window.close()
    result = {
        "minutes": run.memory[-1][0] / 60,
        "steps_seen": len(run.shown),
        "steps_per_second": run.changes / run.memory[-1][0],
        "text_kept": kept,
        "ticks": len(run.lateness.seconds),
        "lateness_p50": percentile(run.lateness.seconds, 0.50),
        "lateness_p99": percentile(run.lateness.seconds, 0.99),
        "lateness_max": percentile(run.lateness.seconds, 1.0),
        "computed_p99": percentile(run.lateness.computed, 0.99),
        "computed_share": sum(run.lateness.computed) / run.memory[-1][0],
        "memory_bytes": run.memory[-1][1],
        "memory_growth": run.growth,
    }
    print(json.dumps(result, indent=2))
    if arguments.json:
        arguments.json.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    fine = kept and result["lateness_p99"] <= LATENESS and run.growth < GROWTH
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
