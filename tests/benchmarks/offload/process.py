"""Starts a benchmark's process within its limits, and says what became of it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.offload.limits import Limits, group
from tests.benchmarks.offload.page_cache import drop

ROOT = Path(__file__).resolve().parents[3]
PATIENCE = 30 * 60.0
"""Seconds after which a process that thrashes is given up."""

THREAD_SETTINGS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


@dataclass(frozen=True, slots=True)
class Run:
    """What became of a process.

    Attributes:
        output: What it wrote to its file; None if it failed.
        failure: Why, in a few words; "" if it did not.
        group_peak: The most memory that its group has held, page cache included; None where nobody counted.
        conditions: How memory, reading rate and page cache were dealt with, in a sentence.
    """

    output: str | None
    failure: str
    group_peak: int | None
    conditions: str


def run(module: str, text: str, limits: Limits, files: Iterable[Path], patience: float | None = None) -> Run:
    """Run `python -m module FILE` alone in a fresh process, with `text` as its input.

    It has all cores, an empty data folder, and no network. It is ended, and its control group removed, also when this
    process is interrupted.

    Args:
        files: What it reads, which the page cache should not hold.
        patience: Seconds after which it is given up; None for `PATIENCE`.
    """
    with tempfile.TemporaryDirectory() as home, group(limits) as place:
        out = Path(home) / "out.json"
        log = Path(home) / "log.txt"
        environment = {name: value for name, value in os.environ.items() if name not in THREAD_SETTINGS}
        environment |= {"PENJING_HOME": home, "HF_HUB_OFFLINE": "1", "PYTHONPATH": str(ROOT)}
        cache = drop(files)
        patience = patience or PATIENCE
        with log.open("wb") as noise:
            process = subprocess.Popen(
                [*place.prefix, sys.executable, "-m", module, str(out)],
                stdin=subprocess.PIPE,
                stdout=noise,
                stderr=noise,
                cwd=ROOT,
                env=environment,
                text=True,
            )
            try:
                process.communicate(text, timeout=patience)
            except subprocess.TimeoutExpired:
                failure = f"given up after {patience / 60:.0f} minutes"
            else:
                failure = ""
            finally:
                process.kill()
                process.wait()
        output = out.read_text("utf-8") if out.exists() and not failure else None
        if output is None:
            failure = failure or _why(place.out_of_memory(), process.returncode, log)
        return Run(output, failure, place.peak_bytes(), f"Memory {place.memory_how}; drive {place.rate_how}; {cache}.")


def _why(out_of_memory: bool, code: int, log: Path) -> str:
    if out_of_memory or code == -signal.SIGKILL:  # nobody else kills it
        return "killed: out of memory"
    lines = [line for line in log.read_text("utf-8", errors="replace").splitlines() if line.strip()]
    return lines[-1][:300] if lines else f"ended with code {code} without a word"
