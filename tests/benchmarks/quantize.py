"""Times `penjing quantize` against reading and writing alone, and compares ways to choose scales.

    python -m tests.benchmarks.quantize --model FOLDER --work FOLDER [--bits 4] [--runs 3] [--ways]

Each run is a process of its own, with its peak resident memory, from a drive whose page cache was emptied of the model
where the system lets us. Reading and writing alone reads all of the model and writes as many bytes as the copy has,
through to the drive. `--ways` compares on the demo model, by its weights and by a text of Python's documentation.
"""

from __future__ import annotations

import argparse
import inspect
import json
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from core.locations import DEMO_TARGET
from core.quantize import rounding

PIECE = 4 << 20


@dataclass(frozen=True)
class Run:
    seconds: float
    peak: int


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path)
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()))
    parser.add_argument("--bits", type=int, default=4)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--ways", action="store_true")
    options = parser.parse_args()
    if options.model is not None:
        time_copies(options.model, options.work, options.bits, options.runs)
    if options.ways:
        compare_ways()


def time_copies(model: Path, work: Path, bits: int, runs: int) -> None:
    """Prints medians, with the two kinds of runs taking turns."""
    copies, alone = [], []
    for _ in range(runs):
        out = work / "quantize-benchmark"
        forget(model)
        command = ["-m", "core.cli", "quantize", "--model", str(model), "--out", str(out), "--bits", str(bits)]
        copies.append(measured([sys.executable, *command]))
        size = sum(file.stat().st_size for file in out.iterdir())
        shutil.rmtree(out)
        forget(model)
        alone.append(read_and_write(model, work / "quantize-benchmark.bytes", size))
    seconds, floor = statistics.median(run.seconds for run in copies), statistics.median(alone)
    print(f"quantize     {seconds:6.2f} s   {[round(run.seconds, 2) for run in copies]}")
    print(f"read, write  {floor:6.2f} s   {[round(each, 2) for each in alone]}")
    print(f"ratio        {seconds / floor:6.2f}     with the start of Python and torch")
    print(f"peak         {max(run.peak for run in copies) / 2**20:6.0f} MiB")
    print(f"written      {size / 2**20:6.0f} MiB")


def measured(command: list[str]) -> Run:
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    return Run(time.perf_counter() - start, used.ru_maxrss * 1024)


def read_and_write(model: Path, file: Path, size: int) -> float:
    start = time.perf_counter()
    piece = bytearray(PIECE)
    for shard in model.glob("*.safetensors"):
        with shard.open("rb", buffering=0) as stream:
            while stream.readinto(piece):
                pass
    with file.open("wb", buffering=0) as out:
        for begin in range(0, size, PIECE):
            out.write(piece[: size - begin])
        os.fsync(out.fileno())
    seconds = time.perf_counter() - start
    file.unlink()
    return seconds


def forget(model: Path) -> None:
    """Empties the page cache of a model's files, once what was written before has reached the drive."""
    os.sync()
    for file in model.glob("*.safetensors"):
        with file.open("rb") as stream:
            os.posix_fadvise(stream.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def compare_ways() -> None:
    """Prints what each way to choose scales of 4 bits leaves of the weights' size as an error, and how fast it is."""
    from safetensors.torch import load_file

    torch.set_num_threads(1)
    weights = [
        tensor.float() for name, tensor in load_file(DEMO_TARGET / "model.safetensors").items() if "_proj." in name
    ]
    trials = {
        "largest weight": None,
        "half-quadratic, 20 rounds": half_quadratic,
        "trials at 1": (1.0,),
        "trials at 1, 0.9": (0.9,),
        "trials at 1, 0.9, 0.8": (0.9, 0.8),
        "trials at 1, 0.95 … 0.75": (0.95, 0.9, 0.85, 0.8, 0.75),
        "trials at 1, 0.98 … 0.62": tuple(percent / 100 for percent in range(98, 60, -2)),
    }
    shrink = rounding.SHRINK[4]
    for name, way in trials.items():
        restore: Callable[[Tensor, int], Tensor] = way if callable(way) else ours
        rounding.SHRINK[4] = way if isinstance(way, tuple) else ()
        start = time.perf_counter()
        made = [restore(weight, 64 if weight.shape[1] % 64 == 0 else 32) for weight in weights]
        seconds = time.perf_counter() - start
        error = sum((a - b).square().sum().item() for a, b in zip(made, weights, strict=True))
        size = sum(weight.square().sum().item() for weight in weights)
        rate = sum(weight.numel() for weight in weights) / seconds / 1e6
        print(f"{name:<28} error {100 * (error / size) ** 0.5:6.2f} %   {rate:6.0f} million weights a second")
    rounding.SHRINK[4] = shrink
    for bits in (4, 8):
        print(f"{bits} bits: {quality(bits)}")


def ours(weight: Tensor, group: int) -> Tensor:
    """In blocks, as copies are made."""
    blocks = []
    for block in weight.split(max(1, (1 << 17) // weight.shape[1])):
        numbers, scales = rounding.round_weights(block, 4, group, torch.bfloat16)
        blocks.append((numbers.view(*scales.shape, group).float() * scales.float()[..., None]).view(block.shape))
    return torch.cat(blocks)


def half_quadratic(weight: Tensor, group: int) -> Tensor:
    """Scales by HQQ's solver (p = 0.7, beta 1000), for numbers without zero points."""
    grouped, beta = weight.view(-1, group), 1000.0
    scale = grouped.abs().amax(-1, keepdim=True) / 7
    for _ in range(20):
        numbers = (grouped / scale).round().clamp(-8, 7)
        error = grouped - numbers * scale
        shrunk = error.sign() * torch.relu(error.abs() - error.abs().clamp(min=1e-9) ** -0.3 / beta)
        scale = ((grouped - shrunk) * numbers).sum(-1, keepdim=True) / numbers.square().sum(-1, keepdim=True).clamp(1)
        beta *= 1.01
    return ((grouped / scale).round().clamp(-8, 7) * scale).view(weight.shape)


def quality(bits: int) -> str:
    """The report's own words on the demo model, over documentation as it was trained on."""
    documents = [
        inspect.getdoc(thing) or ""
        for module in (json, os, os.path, pathlib, re, shutil, statistics, subprocess, tempfile)
        for thing in vars(module).values()
        if callable(thing)
    ]
    with tempfile.TemporaryDirectory() as folder:
        text = Path(folder, "text.txt")
        text.write_text("\n\n".join(documents), encoding="utf-8")
        copy = ["--model", str(DEMO_TARGET), "--out", str(Path(folder, "copy")), "--bits", str(bits)]
        command = [sys.executable, "-m", "core.cli", "quantize", *copy, "--report", str(text)]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[-1]


if __name__ == "__main__":
    main()
