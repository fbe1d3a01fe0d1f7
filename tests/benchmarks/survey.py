"""Times the self-benchmark, all that it measures again: `python -m tests.benchmarks.survey [--model DIR]`.

What the window does after "Measure again", by part: products, layers of reference shapes and of a model, reading
of RAM, and the drive that holds the model. Figures go into a folder that is deleted. The bar is 10 s in all.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from core.locations import DEMO_DRAFT, DEMO_TARGET

BAR = 10.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, default=DEMO_TARGET, metavar="DIR", help="measure its layers (the demo)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["PENJING_HOME"] = folder
        seconds = {name: _timed(work) for name, work in _parts(options.model).items()}
    for name, taken in seconds.items():
        print(f"{name:<36}{taken:>7.2f} s")
    whole = sum(seconds.values())
    print(f"{'in all':<36}{whole:>7.2f} s: {'within' if whole <= BAR else 'MISSES'} the bar of {BAR:.0f} s")


def _parts(model: Path) -> dict[str, Callable[[], object]]:
    from core.engine.arithmetic import survey_arithmetic
    from core.engine.layer_survey import survey_layers
    from core.machine.bandwidth import survey_drive
    from core.models.checkpoint import open_checkpoint

    specs = [open_checkpoint(folder) for folder in dict.fromkeys((model, DEMO_DRAFT))]
    return {
        "products": survey_arithmetic,
        "layers, RAM and copies to a card": lambda: survey_layers(specs, again=True),
        "drive": lambda: survey_drive(model),
    }


def _timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
