"""Times passes of a model in bf16 and packed, all layers from the drive, and how long the drive waits in each.

    python -m tests.benchmarks.packed --model FOLDER --work FOLDER [--nodes 64] [--rate 500MB] [--json OUT]

A packed copy of the model is written into the work folder first, if it is not there. With --rate the drive is slowed
down to so many bytes a second, where the system lets us. Each model runs in a process of its own.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from core.machine.bandwidth import measure_drive
from core.models.checkpoint import open_checkpoint
from core.offload.offloaded_model import OffloadedModel
from core.offload.places import Places
from core.offload.scratch import Scratch
from core.offload.weight_reader import WeightReader
from core.planning.plan import Tier
from core.planning.weights import STAGING_SLOTS
from core.sizes import parse_size
from tests.benchmarks.offload.limits import Limits, group
from tests.benchmarks.packed_standin import write_packed

WARM_UP, PASSES, THREADS = 2, 9, 2


@dataclass(frozen=True)
class Result:
    """Medians of seconds a pass.

    Attributes:
        reading: How long the drive was reading.
        waiting: How long the pass waited for it.
        dequantising: How long weights were dequantised.
        drive_idle: How long the drive was not reading.
        drive_idle_dequantising: Of that, while weights were dequantised.
        bandwidth: Of the drive, bytes a second, before the passes.
    """

    model: str
    bytes_per_pass: int
    seconds: float
    reading: float
    waiting: float
    dequantising: float
    drive_idle: float
    drive_idle_dequantising: float
    bandwidth: float


class Clock:
    """Adds up how long one thing is under way, and remembers when."""

    def __init__(self) -> None:
        self.spans: list[tuple[float, float]] = []

    def timed(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def run(*args: Any, **kwargs: Any) -> Any:
            start = time.perf_counter()
            try:
                return function(*args, **kwargs)
            finally:
                self.spans.append((start, time.perf_counter()))

        return run

    def within(self, start: float, end: float) -> float:
        """Seconds of it between two moments."""
        return sum(max(0.0, min(end, stop) - max(start, begin)) for begin, stop in self.spans)


def measure(folder: Path, nodes: int) -> Result:
    torch.set_num_threads(THREADS)
    spec = open_checkpoint(folder)
    bandwidth = measure_drive(max(folder.glob("*.safetensors"), key=lambda file: file.stat().st_size), 2.0).read.value
    reading, dequantising = Clock(), Clock()
    WeightReader.read = reading.timed(WeightReader.read)  # type: ignore[method-assign]
    Scratch.computable = dequantising.timed(Scratch.computable)  # type: ignore[method-assign]
    streamed = (Tier.SSD,) * len(spec.layers)
    places = Places(Tier.RAM, streamed, streamed, Tier.RAM, Tier.RAM, Tier.RAM, STAGING_SLOTS, 0, 1)
    model = OffloadedModel(spec, places, torch.bfloat16, torch.device("cpu"))
    tree = torch.ones(nodes, nodes, dtype=torch.bool).tril()
    cache = model.new_cache(nodes)
    rows: list[tuple[float, ...]] = []
    for turn in range(WARM_UP + PASSES):
        waited, start = model.weights.wait_seconds, time.perf_counter()
        model.run(cache, [], list(range(nodes)), list(range(nodes)), tree)
        end = time.perf_counter()
        if turn >= WARM_UP:
            busy = reading.within(start, end)
            idle_then = sum(
                min(end, stop) - begin - reading.within(begin, stop)
                for begin, stop in dequantising.spans
                if start <= begin < end
            )
            unpacking = dequantising.within(start, end)
            waits = model.weights.wait_seconds - waited
            rows.append((end - start, busy, waits, unpacking, end - start - busy, idle_then))
    model.close()
    took, busy, waits, unpacking, idle, idle_then = (statistics.median(column) for column in zip(*rows, strict=True))
    size = sum(layer.bytes for layer in spec.layers)
    return Result(folder.name, size, took, busy, waits, unpacking, idle, idle_then, bandwidth)


def run_apart(folder: Path, nodes: int, rate: int | None) -> Result:
    """Measure in a process of its own, within the limits."""
    with group(Limits(None, rate, folder)) as place:
        if rate and not place.rate_held:
            sys.exit(f"The drive cannot be slowed down here: {place.rate_how}")
        command = [*place.prefix, sys.executable, "-m", __spec__.name, "--one", str(folder), "--nodes", str(nodes)]
        return Result(**json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path)
    parser.add_argument("--work", type=Path)
    parser.add_argument("--one", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--nodes", type=int, default=64)
    parser.add_argument("--rate", type=parse_size)
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    if asked.one:
        print(json.dumps(asdict(measure(asked.one, asked.nodes))))
        return
    packed = write_packed(asked.model, asked.work / f"{asked.model.name}-gptq4")
    plain, small = (run_apart(folder, asked.nodes, asked.rate) for folder in (asked.model, packed))
    for result in (plain, small):
        print(
            f"{result.model}: {result.bytes_per_pass / 1e9:.2f} GB a pass from a drive of "
            f"{result.bandwidth / 1e9:.2f} GB/s: {result.seconds:.3f} s, of which reading {result.reading:.3f}, "
            f"waiting {result.waiting:.3f}, dequantising {result.dequantising:.3f}; the drive was idle "
            f"{result.drive_idle / result.seconds:.1%}, while weights were dequantised "
            f"{result.drive_idle_dequantising / result.seconds:.1%}"
        )
    time_ratio, byte_ratio = small.seconds / plain.seconds, small.bytes_per_pass / plain.bytes_per_pass
    print(f"packed / bf16: {time_ratio:.3f} of the time, {byte_ratio:.3f} of the bytes")
    if asked.json:
        asked.json.write_text(json.dumps([asdict(plain), asdict(small)], indent=1), "utf-8")


if __name__ == "__main__":
    main()
