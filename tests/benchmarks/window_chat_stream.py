"""Measures how smooth the window stays while a long reply streams into the chat.

    python tests/benchmarks/window_chat_stream.py [--size 100000] [--rate 200] [--json FILE]

Opens the real window with an engine process that writes Markdown of `--size` characters at `--rate` tokens per second.
Measured are how late a 10 ms timer is answered, what the parser was given in all, and that no text is lost. Exit code 1
if the 99th percentile is above 33 ms or text was lost. That no finished block is parsed again, a test makes sure.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
import tempfile
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from PySide6.QtCore import QEventLoop
from PySide6.QtWidgets import QApplication

from app.chat import markdown as blocks
from app.engine_link import EngineLink
from app.style.theme import Appearance, theme
from app.window import MainWindow
from core.engine.client import EngineClient
from tests.benchmarks.window_chat_engine import pieces_of
from tests.benchmarks.window_chat_text import long_code, markdown
from tests.benchmarks.window_latency import Lateness, percentile, wait

BAR = 0.033


def paced_client(folder: Path) -> EngineClient:
    """The client of a process that writes at the pace that it is asked for."""
    interpreter = folder / "interpreter"
    engine = Path(__file__).with_name("window_chat_engine.py")
    interpreter.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{engine}"\n', encoding="utf-8")
    interpreter.chmod(0o755)
    return EngineClient(str(interpreter))


class ParserLoad:
    """Counts what the parser is given."""

    def __init__(self) -> None:
        self.characters = 0
        self.calls = 0
        self._parse = blocks.parse
        blocks.parse = self._counted

    def _counted(self, text: str) -> list[blocks.Block]:
        self.characters += len(text)
        self.calls += 1
        return self._parse(text)


def measure(application: QApplication, window: MainWindow, text: str, rate: int, home: Path) -> dict[str, float]:
    file = home / "text.md"
    file.write_text(text, encoding="utf-8")
    tokens = len(pieces_of(text))
    lateness, load = Lateness(), ParserLoad()
    grown: list[int] = []
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    window.session.text_added.connect(lambda _, piece: grown.append(len(piece)))
    window.session.send(f"{rate} {tokens} {file}")
    lateness.start()
    loop = QEventLoop()
    window.session.busy_changed.connect(loop.quit)
    loop.exec()
    lateness.stop()
    shown = window.chat.transcript.views[-1].body
    shown.advance()
    return {
        "characters": len(text),
        "tokens": tokens,
        "ticks": len(lateness.seconds),
        "lateness_p50": percentile(lateness.seconds, 0.50),
        "lateness_p99": percentile(lateness.seconds, 0.99),
        "lateness_max": percentile(lateness.seconds, 1.0),
        "computed_p99": percentile(lateness.computed, 0.99),
        "computed_max": percentile(lateness.computed, 1.0),
        "parses": load.calls,
        "parsed_characters_per_parse": load.characters / max(1, load.calls),
        "lost_characters": len(text) - sum(grown) if shown.content == text else len(text),
        "memory_grown_mib": (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory) / 1024,
        "bar": BAR,
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=100_000)
    parser.add_argument("--rate", type=int, default=200)
    parser.add_argument("--code", type=int, default=6_000, help="characters of one long box of code among it")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    application = QApplication(["penjing"])
    application.setStyle("fusion")
    with tempfile.TemporaryDirectory() as home:
        os.environ["PENJING_HOME"] = home
        window = MainWindow(Path(home), EngineLink(lambda: paced_client(Path(home))))
        theme().wear(Appearance.LIGHT)
        window.show()
        wait(application, lambda: window.planner.plan is not None)
        window.show_chat()
        window.wiring.load()
        wait(application, lambda: window.engine.ready)
        text = markdown(arguments.size - arguments.code) + long_code(arguments.code)
        result = measure(application, window, text, arguments.rate, Path(home))
        window.close()
    print(json.dumps(result, indent=2))
    if arguments.json:
        arguments.json.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    return 0 if result["lateness_p99"] <= BAR and result["lost_characters"] == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
