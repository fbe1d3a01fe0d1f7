"""Measures streaming from RAM to an NVIDIA device: `python -m tests.benchmarks.offload.cuda --out DIR`.

Stand-ins with the layers of 7B and 70B models. First the bus itself; then passes with none, a quarter, half and three
quarters of the layers resident; then replies, with and without the draft, beside accelerate. Every part is written to
`cuda.md` and `cuda.json` in DIR as soon as it is there, the most telling first; after `--minutes` nothing new begins.

It needs, besides Python, what Penjing's engine needs (no Qt), and accelerate to compare with. On a machine that has
the packages but is no installation of Penjing, from the root of a copy of the repository:

    PYTHONPATH=. python3 -m pytest -c /dev/null --rootdir=. --import-mode=importlib -p no:cacheprovider -rs tests/cuda
    PYTHONPATH=. python3 -m tests.benchmarks.offload.cuda --out build/cuda

It takes 64 GiB of RAM or of a drive for models (`--work`), as much RAM again, and 8 minutes.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path

import torch

from core.chat.message import Message
from core.chat.tokenizer import Tokenizer
from core.commands.versions import versions
from core.errors import PenjingError
from core.locations import DEMO_DRAFT
from core.machine.machine import Machine
from core.machine.memory import read_memory
from core.machine.processor import read_processor
from core.sizes import format_size, parse_size
from tests.benchmarks.demo import questions
from tests.benchmarks.offload.cuda.device import DEVICE, machine, measure_bus
from tests.benchmarks.offload.cuda.passes import CONTEXT, DevicePasses, limit_for, request_for, time_passes
from tests.benchmarks.offload.cuda.report import Report, Speed, as_markdown, bars
from tests.benchmarks.offload.figures import figures
from tests.benchmarks.offload.job import Job, Prompt, Settings, read_result, write_json
from tests.benchmarks.offload.process import ROOT
from tests.benchmarks.standin import make_standin
from tests.benchmarks.standin_shape import shape_like

SHARES = (0.0, 0.25, 0.5, 0.75)
NODES = (1, 64, 256, 512)
MODELS = {"llama-2-7b": "13GB", "llama-2-70b": "26GB"}
"""Whose layers a stand-in has, and bytes: as many layers as come nearest to that."""

RESIDENT_SHARE = 0.25
"""Of the layers, in the limit of VRAM under which replies are written."""

SHARED_MEMORY = Path("/dev/shm")  # where a model that is to wait in RAM is read from sooner than from any drive


class Run:
    """One run of the benchmark: what it has found so far, and until when it may begin something new."""

    def __init__(self, options: argparse.Namespace) -> None:
        self._out: Path = options.out
        self._ram = parse_size(options.ram) if options.ram else read_memory().total
        self._end = time.monotonic() + 60 * options.minutes
        self._work: Path = options.work
        self._question = questions("documented")[0]
        self.report = Report(
            date=datetime.now(UTC).date().isoformat(),
            machine={
                "device": torch.cuda.get_device_name(DEVICE),
                "processor": read_processor().title,
                "cores": f"{read_processor().cores} cores",
                "memory": f"{format_size(self._ram)} RAM",
            },
            versions=versions() | {"cuda": torch.version.cuda, "accelerate": _accelerate()},
            locked=measure_bus(locked=True),
            pageable=measure_bus(locked=False),
        )
        self.save()

    def all(self, models: dict[str, str]) -> None:
        folders = {}
        for name, size in models.items():
            if self._late(f"passes of {name}"):
                continue
            shape = shape_like(name, parse_size(size))
            _say(f"writing a stand-in of {format_size(shape.bytes)} like {name}")
            # Its layers are told by its name: tables show it.
            folder = folders[name] = make_standin(self._work / f"{name}, {shape.layers} layers", shape)
            self._passes(folder)
        for folder in folders.values():
            self._replies(folder)

    def save(self) -> None:
        self._out.mkdir(parents=True, exist_ok=True)
        content = asdict(self.report) | {"bars": [asdict(bar) for bar in bars(self.report)]}
        (self._out / "cuda.json").write_text(json.dumps(content, indent=1), "utf-8")
        (self._out / "cuda.md").write_text(as_markdown(self.report), "utf-8")

    def _passes(self, folder: Path) -> None:
        request = request_for(folder, max(NODES), self._ram)
        here = self._machine(folder)
        found: list[DevicePasses] = []
        for share in SHARES:
            what = f"{folder.name}, {share:.0%} of the layers resident"
            if self._late(what):
                return
            _say(what)
            try:
                limit = limit_for(request, here, round(share * len(request.model.layers)))
                passes = time_passes(request, here, limit, NODES, self._question)
            except (PenjingError, RuntimeError, AssertionError) as error:
                self._note(f"{what}: {error}")
                continue
            if not found:
                self.report.passes.append(found)
            found.append(passes)
            self.save()
            _say(f"seconds: {passes.seconds}, of {passes.bytes_per_pass / self.report.locked:.4f} at the least")

    def _replies(self, folder: Path) -> None:
        request = request_for(folder, None, self._ram)
        here = self._machine(folder)
        vram = limit_for(request, here, round(RESIDENT_SHARE * len(request.model.layers)))
        ours: Settings = {"vram": vram, "bus": self.report.locked}
        theirs: Settings = {"vram": vram, "cpu": self._ram}
        for title, module, settings in (
            ("Penjing, draft model", "penjing", ours | {"draft": 1}),
            ("Penjing, no speculation", "penjing", ours | {"draft": 0}),
            ("accelerate", "accelerate", theirs | {"assistant": 0}),
            ("accelerate, assisted", "accelerate", theirs | {"assistant": 1}),
        ):
            what = f"{folder.name}, {title}"
            if module == "accelerate" and _accelerate() is None:
                self._note(f"{what}: accelerate is not installed.")
            elif not self._late(what):
                _say(what)
                self.report.speeds.append(self._speed(folder, title, module, settings))
                self.save()

    def _speed(self, folder: Path, title: str, module: str, settings: Settings) -> Speed:
        tokenizer = Tokenizer(folder)
        prompts = [Prompt(text, tokenizer.encode_chat((Message("user", text),))) for text in questions()[:3]]
        files = {"model": str(folder), "draft": str(DEMO_DRAFT), "scratch": str(self._work / "scratch")}
        tokens = 48 if module == "penjing" else 16
        job = Job(module, settings, files, prompts, tokens, CONTEXT, sorted(tokenizer.stop_ids), self._ram)
        with tempfile.TemporaryDirectory() as home:
            out, log = Path(home) / "out.json", Path(home) / "log.txt"
            environment = os.environ | {"PENJING_HOME": home, "HF_HUB_OFFLINE": "1"}
            environment["PYTHONPATH"] = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
            command = [sys.executable, "-m", "tests.benchmarks.offload.contestants", str(out)]
            left = max(30.0, self._end - time.monotonic() + 30)
            with log.open("wb") as noise, contextlib.suppress(subprocess.TimeoutExpired):
                subprocess.run(
                    command, input=write_json(job).encode(), stdout=noise, stderr=noise, cwd=ROOT, env=environment,
                    timeout=left, check=False,
                )  # fmt: skip
            if not out.exists():
                lines = [line for line in log.read_text("utf-8", "replace").splitlines() if line.strip()]
                _say(f"failed, or no time left: {' | '.join(lines[-12:])}")
                return Speed(folder.name, title, "", None, "".join(lines[-1:])[:300] or "no time left")
            result = read_result(out.read_text("utf-8"))
        found = figures(result)
        _say(f"{found.tokens_per_second:.2f} tokens per second; {result.how}; loaded in {result.load_seconds:.0f} s")
        return Speed(folder.name, title, result.how, found, "")

    def _machine(self, folder: Path) -> Machine:
        torch.cuda.set_per_process_memory_fraction(1.0, DEVICE)
        return machine(folder, self.report.locked, self._ram)

    def _late(self, what: str) -> bool:
        if time.monotonic() < self._end:
            return False
        self._note(f"{what}: no time left.")
        return True

    def _note(self, line: str) -> None:
        _say(line)
        self.report.left_out.append(line)
        self.save()


def main(arguments: Sequence[str] | None = None) -> int:
    options = _options(arguments)
    if not torch.cuda.is_available():
        print("There is no NVIDIA device here that torch can use.", file=sys.stderr)
        return 2
    models = dict(MODELS)
    if options.models:
        models = dict(entry.split("=") for entry in options.models.split(","))
    if options.work is None:
        # Models are written once and read often.
        needed = sum(parse_size(size) for size in models.values()) + (2 << 30)
        roomy = SHARED_MEMORY.exists() and shutil.disk_usage(SHARED_MEMORY).free > needed
        options.work = SHARED_MEMORY / "penjing-standins" if roomy else ROOT / "build"
    with tempfile.TemporaryDirectory() as home:
        os.environ["PENJING_HOME"] = home  # plans here rest on no figures that a person's own have
        run = Run(options)
        run.all(models)
    print(as_markdown(run.report))
    return 0 if all(bar.holds for bar in bars(run.report)) else 1


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.offload.cuda", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "cuda", metavar="DIR", help="for the report")
    parser.add_argument("--work", type=Path, metavar="DIR", help="for the models (shared memory, or else build/)")
    parser.add_argument("--ram", metavar="SIZE", help="RAM that there is (what the system says)")
    parser.add_argument("--models", metavar="NAME=SIZE,…", help="stand-ins to make (llama-2-7b=13GB,llama-2-70b=26GB)")
    parser.add_argument("--minutes", type=float, default=7.5, metavar="N", help="after which nothing new begins (7.5)")
    return parser.parse_args(arguments)


def _accelerate() -> str | None:
    if find_spec("accelerate") is None:
        return None
    from importlib.metadata import version

    return version("accelerate")


def _say(line: str) -> None:
    """What is going on, with the time."""
    print(f"{datetime.now(UTC):%H:%M:%S} {line}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
