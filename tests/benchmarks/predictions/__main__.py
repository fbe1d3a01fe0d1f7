"""Compares what the planner predicts with what the engine then does: memory, seconds of a pass, tokens per second.

    python -m tests.benchmarks.predictions [--models DIR ...] [--draft DIR] [--only TEXT ...] [--json FILE]

Each model is loaded in a process of its own with several memory limits and contexts. Five trials follow: the machine
is measured as the window does when it is idle, a plan says what to expect, one reply calibrates it, and four more are
written. Computers drift: the same layer takes a third longer for twenty seconds and then does not, so that a single
measurement tells the weather too. What counts is the middle one of five trials; how many single ones hold is told
beside it. Speeds are compared with the mean over the twenty replies of all trials. Replies are whole: their beginnings
are easier to draft. Without `--models` a stand-in of 0.5 GB is made, and the demo pair is used.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from core.locations import DEMO_DRAFT, DEMO_TARGET
from core.sizes import parse_size
from tests.benchmarks.offload.limits import Group, Limits, group
from tests.benchmarks.offload.models import make_models
from tests.benchmarks.predictions.comparison import Comparison, Load, Trial, bars, by_cause, table
from tests.benchmarks.predictions.loaded import Job, serve, survey

TRIALS = 5


def jobs(models: list[str], draft: str) -> Iterator[Job]:
    """Limits from the least to everything, with two contexts."""
    for model in models:
        # The demo is too small for limits between the least and the most to mean much.
        small = Path(model) == DEMO_TARGET
        cases = ((1.0, 512), (1.0, 1024)) if small else ((0.1, 512), (0.4, 1024), (0.75, 512), (1.0, 1024))
        for share, context in cases:
            yield Job(model, draft, share, context)


def compare(job: Job, home: str, place: Group) -> Comparison:
    """All trials of a job; the machine is measured by a process of its own while the loaded one waits."""
    _measure(job, home, place)
    loaded = _start("serve", home, place)
    assert loaded.stdin is not None
    assert loaded.stdout is not None
    loaded.stdin.write(json.dumps(asdict(job)) + "\n")
    trials = []
    for turn in range(TRIALS):
        if turn:
            _measure(job, home, place)
        loaded.stdin.write("trial\n")
        loaded.stdin.flush()
        if not (line := loaded.stdout.readline()):
            break
        trials.append(Trial(**json.loads(line)))
    rest, _ = loaded.communicate()
    _check(loaded)
    load, ram, first_token = json.loads(rest)
    return Comparison(Load(**load), tuple(ram), tuple(first_token), tuple(trials))


def _measure(job: Job, home: str, place: Group) -> None:
    measuring = _start("survey", home, place)
    measuring.communicate(json.dumps([[job.model], job.draft]))
    _check(measuring)


def _start(part: str, home: str, place: Group) -> subprocess.Popen[str]:
    environment = {**os.environ, "PENJING_HOME": home, "HF_HUB_OFFLINE": "1"}
    command = [*place.prefix, sys.executable, "-m", "tests.benchmarks.predictions", "--part", part]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, text=True)


def _check(process: subprocess.Popen[str]) -> None:
    if process.returncode:
        raise SystemExit(f"A process ended with {process.returncode}: its message is above.")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", nargs="+", default=[])
    parser.add_argument("--draft", default=str(DEMO_DRAFT))
    parser.add_argument("--rate", type=parse_size, default=parse_size("0.8GB"), help="of the drive per second, held to")
    parser.add_argument("--only", nargs="+", default=[""], help="cases whose description holds one of these texts")
    parser.add_argument("--json", type=Path, help="where all trials are written to, after each case")
    parser.add_argument("--part", choices=("survey", "serve"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.part == "survey":
        survey(*json.load(sys.stdin))
        return
    if options.part == "serve":
        serve(Job(**json.loads(sys.stdin.readline())))
        return
    models = options.models or [
        make_models(Path("build/benchmarks"), 500_000_000, for_llama=False)["model"],
        str(DEMO_TARGET),
    ]
    chosen = [
        job
        for job in jobs(models, options.draft)
        if any(text in f"{job.model} {job.share} {job.context}" for text in options.only)
    ]
    if not chosen:
        raise SystemExit(f"No case's description holds any of {options.only}.")
    rows: list[Comparison] = []
    limits = Limits(None, options.rate, Path(models[0]))
    with group(limits) as place:
        print(f"Drive {place.rate_how}.", flush=True)
        for job in chosen:
            with tempfile.TemporaryDirectory() as home:
                rows.append(compare(job, home, place))
            print(list(table(rows))[-1], flush=True)
            if options.json:
                options.json.write_text(json.dumps([asdict(row) for row in rows], indent=1), "utf-8")
    print("\n".join([*table(rows), "", *by_cause(rows), "", *bars(rows)]))


if __name__ == "__main__":
    main()
