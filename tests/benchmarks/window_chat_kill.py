"""Kills the window at random moments of a reply and looks at what is on disk.

    python tests/benchmarks/window_chat_kill.py [--times 30] [--rate 200] [--seed 1] [--json FILE]

Each time a fresh window process asks an engine process that writes `--rate` tokens per second, and is killed with
SIGKILL. The chat file has to be intact, hold the beginning of the reply, and miss no more of it than its last 250 ms.
The steps kept beside the reply have to be whole, and one after the other from the first on.
Exit code 1 if it is otherwise a single time.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from PySide6.QtWidgets import QApplication

from app.engine_link import EngineLink
from app.tree.history import unpack
from app.window import MainWindow
from core.chat.store import ChatStore
from core.decoding.report import StepReport
from tests.benchmarks.window_chat_engine import pieces_of
from tests.benchmarks.window_chat_stream import paced_client
from tests.benchmarks.window_chat_text import markdown
from tests.benchmarks.window_latency import wait

BAR = 0.250
PATIENCE = 60.0


def be_the_window(home: Path, rate: int) -> None:
    """Open the window and ask; whoever started this process ends it."""
    application = QApplication(["penjing"])
    application.setStyle("fusion")
    window = MainWindow(home, EngineLink(lambda: paced_client(home)))
    window.show()
    wait(application, lambda: window.planner.plan is not None)
    window.show_chat()
    window.wiring.load()
    wait(application, lambda: window.engine.ready)
    window.session.send(f"{rate} {rate * 60} {home / 'text.md'}")
    application.exec()


def sent(home: Path) -> list[tuple[float, int]]:
    """When how much of the reply had left the engine."""
    file = home / "text.md.sent"
    if not file.exists():
        return []
    lines = file.read_text(encoding="utf-8").split("\n")[:-1]
    return [(float(line.split()[0]), int(line.split()[1])) for line in lines]


def kill_once(rate: int, delay: float, text: str) -> dict[str, float | str]:
    """Kill a window `delay` seconds after its reply began; what is on disk then."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        (home / "text.md").write_text(text, encoding="utf-8")
        environment = {**os.environ, "PENJING_HOME": folder, "QT_QPA_PLATFORM": "offscreen"}
        command = [sys.executable, __file__, "--window", folder, "--rate", str(rate)]
        window = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
        began = time.monotonic()
        while not sent(home):
            if window.poll() is not None or time.monotonic() - began > PATIENCE:
                raise RuntimeError("the window did not get to write")
            time.sleep(0.01)
        time.sleep(delay)
        window.send_signal(signal.SIGKILL)
        killed = time.time()
        window.wait()
        return _look(home, killed, text)


def _look(home: Path, killed: float, text: str) -> dict[str, float | str]:
    file = home / "chats.sqlite3"
    with closing(sqlite3.connect(file)) as connection:
        (intact,) = connection.execute("PRAGMA integrity_check").fetchone()
    with closing(ChatStore(file)) as store:
        reply = store.messages(store.conversations()[0].id)[-1]
        kept = reply.content
        pieces, use = store.traces.read(reply.id), store.traces.use()
    steps = [entry.step for piece in pieces if isinstance(entry := unpack(piece.line), StepReport)]
    whole_trace = steps == list(range(len(steps))) and use.bytes == sum(len(piece.line) for piece in pieces)
    whole = "".join(pieces_of(text))
    reached = [(moment, length) for moment, length in sent(home) if moment <= killed]
    # The first step that is not wholly on disk tells since when text is missing.
    missing = [moment for moment, length in reached if length > len(kept)]
    return {
        "intact": intact,
        "is_beginning": "yes" if whole.startswith(kept) else "no",
        "whole_trace": "yes" if whole_trace else "no",
        "kept_steps": len(steps),
        "sent_characters": reached[-1][1],
        "kept_characters": len(kept),
        "missing_seconds": killed - missing[0] if missing else 0.0,
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=30)
    parser.add_argument("--rate", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--window", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    if arguments.window is not None:
        be_the_window(arguments.window, arguments.rate)
        return 0
    chance = random.Random(arguments.seed)
    text = markdown(100_000)
    kills = [kill_once(arguments.rate, chance.uniform(0.05, 2.0), text) for _ in range(arguments.times)]
    missing = sorted(float(kill["missing_seconds"]) for kill in kills)
    result = {
        "times": len(kills),
        "intact": sum(kill["intact"] == "ok" for kill in kills),
        "beginnings": sum(kill["is_beginning"] == "yes" for kill in kills),
        "whole_traces": sum(kill["whole_trace"] == "yes" for kill in kills),
        "missing_seconds_median": missing[len(missing) // 2],
        "missing_seconds_most": missing[-1],
        "bar": BAR,
        "kills": kills,
    }
    print(json.dumps(result, indent=2))
    if arguments.json:
        arguments.json.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    well = result["intact"] == result["beginnings"] == result["whole_traces"] == len(kills)
    return 0 if well and missing[-1] <= BAR else 1


if __name__ == "__main__":
    sys.exit(main())
