"""How long a person waits: `python -m tests.benchmarks.startup` times real processes, the best of three each.

The bars are those of a computer with two cores. The large model is one of 141 GB whose files are holes. Only worth
running while the machine is otherwise idle.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from core.locations import DEMO_TARGET
from tests.core.models.folders import LLAMA_70B, write_sharded_model

ROOT = Path(__file__).resolve().parents[2]
RUNS = 3


def run(*arguments: str) -> tuple[float, dict[str, float]]:
    """Seconds that a process took, and when it said what, in seconds after its start."""
    with tempfile.TemporaryDirectory() as home:
        environment = {**os.environ, "PENJING_HOME": home, "QT_QPA_PLATFORM": "offscreen"}
        started = time.time()
        done = subprocess.run(
            [sys.executable, *arguments], capture_output=True, text=True, check=True, cwd=ROOT, env=environment
        )
        took = time.time() - started
    said = [line.split() for line in done.stdout.splitlines() if line.startswith("at ")]
    return took, {what: float(moment) - started for _, what, moment in said}


def between(start: str, end: str, moments: list[dict[str, float]]) -> float:
    return min(moment[end] - moment[start] for moment in moments)


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        large = write_sharded_model(Path(folder) / "large", LLAMA_70B, shards=30)
        shutil.copy(DEMO_TARGET / "tokenizer.json", large)
        figures = measure(large)
    for what, (seconds, bar) in figures.items():
        print(f"{what:<44}{seconds:>8.3f} s" + (f"   (bar {bar} s)" if bar else ""))
    return 0 if all(bar is None or seconds <= bar for seconds, bar in figures.values()) else 1


def measure(large: Path) -> dict[str, tuple[float, float | None]]:
    """Seconds and their bar, by what takes them."""
    commands = {
        "import app.main": ["-c", "import app.main"],
        "penjing --help": ["-m", "core.cli", "--help"],
        "penjing plan": ["-m", "core.cli", "plan", "--json"],
        "penjing plan of the large model": ["-m", "core.cli", "plan", "--model", str(large), "--ram", "8GB"],
    }
    bars = {"penjing plan of the large model": 2.0}
    figures = {
        name: (min(run(*arguments)[0] for _ in range(RUNS)), bars.get(name)) for name, arguments in commands.items()
    }
    window = [run("-m", "tests.benchmarks.startup_window")[1] for _ in range(RUNS)]
    pair = [run("-m", "tests.benchmarks.startup_engine")[1] for _ in range(RUNS)]
    big = [run("-m", "tests.benchmarks.startup_engine", str(large))[1] for _ in range(RUNS)]
    return figures | {
        "window painted": (min(said["painted"] for said in window), 1.5),
        "then the demo pair ready to chat": (between("painted", "ready", window), 8.0),
        "import of torch, transformers and the engine": (between("began", "imported", pair), None),
        "warm-up": (between("imported", "warm", pair), None),
        "load of the demo pair": (between("planned", "loaded", pair), 1.0),
        "headers of the large model": (between("warm", "opened", big), 0.1),
        "large model planned, up to its first read": (between("opened", "reading", big), 2.0),
    }


if __name__ == "__main__":
    sys.exit(main())
