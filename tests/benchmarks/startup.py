"""How long a person waits: `python -m tests.benchmarks.startup` times real processes, the best of three each.

The bars, on two cores: first paint within 1.5 s of the start, the demo pair ready to chat within 8 s after that. Only
worth running while the machine is otherwise idle.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RUNS = 3
FIRST_PAINT, READY = 1.5, 8.0


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


def main() -> int:
    for name, arguments in {
        "import app.main": ["-c", "import app.main"],
        "penjing --help": ["-m", "core.cli", "--help"],
        "penjing plan": ["-m", "core.cli", "plan", "--json"],
    }.items():
        print(f"{name:<24}{min(run(*arguments)[0] for _ in range(RUNS)):>7.2f} s")
    times = [run("-m", "tests.benchmarks.startup_window")[1] for _ in range(RUNS)]
    painted = min(said["painted"] for said in times)
    ready = min(said["ready"] - said["painted"] for said in times)
    print(f"{'window painted':<24}{painted:>7.2f} s   (bar {FIRST_PAINT} s)")
    print(f"{'then ready to chat':<24}{ready:>7.2f} s   (bar {READY} s)")
    return 0 if painted <= FIRST_PAINT and ready <= READY else 1


if __name__ == "__main__":
    sys.exit(main())
