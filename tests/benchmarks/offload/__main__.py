"""Compares Penjing with other ways to run a model that is larger than memory: `python -m tests.benchmarks.offload`.

A stand-in for a large model, one limit on memory, one reading rate, the same prompts as the same tokens, greedy. Every
contestant runs alone in a fresh process, the page cache dropped before. Then Penjing alone: single passes with more and
more layers resident, each under a limit of its own, and the load of the demo pair. Ends with exit code 1 if a bar that
was measured is missed. It measures time, so the machine should be idle.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import signal
import sys
import tempfile
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from itertools import chain
from pathlib import Path

from core.chat.message import Message
from core.chat.tokenizer import Tokenizer
from core.commands.versions import versions
from core.errors import BadRequest, Cancelled, PenjingError
from core.locations import DEMO_DRAFT, RESOURCES
from core.machine.memory import read_memory
from core.machine.processor import read_processor
from core.sizes import format_size, parse_size
from tests.benchmarks.offload.contest import contend
from tests.benchmarks.offload.entries import NAMES, entries
from tests.benchmarks.offload.figures import Load, load_bar, placement_bars, speed_bars
from tests.benchmarks.offload.job import Job, PassJob, Prompt
from tests.benchmarks.offload.limits import Limits
from tests.benchmarks.offload.models import make_models, say
from tests.benchmarks.offload.placements import NODES, limits_to_try, place
from tests.benchmarks.offload.plot import as_svg
from tests.benchmarks.offload.process import ROOT, run
from tests.benchmarks.offload.report import Report, as_markdown

PLACEMENTS, LOADING = "placements", "loading"
PARTS = (*NAMES, PLACEMENTS, LOADING)
PEER_PACKAGES = ("accelerate", "llama-cpp-python", "gguf")
CONTEXT = 512
PASSES = 6
LOADS = 3


def main() -> int:
    # Like Ctrl+C: processes are ended and control groups removed on the way out.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    options = _options()
    try:
        with tempfile.TemporaryDirectory() as home:
            os.environ["PENJING_HOME"] = home  # plans here rest on no figures that a person's own have
            report = _measure(options)
    except PenjingError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        return Cancelled.exit_code
    print(as_markdown(report))
    if options.json:
        options.json.write_text(json.dumps(asdict(report), indent=1), "utf-8")
    if options.docs:
        _write_docs(report)
    return 0 if all(bar.holds for bar in report.bars) else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.offload", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("--bytes", default="2.2GB", metavar="SIZE", help="size of the stand-in (2.2GB)")
    parser.add_argument("--limit", default="1.2GiB", metavar="SIZE", help="memory of every contestant (1.2GiB)")
    parser.add_argument("--throttle", default="1.0GB", metavar="SIZE", help="bytes read per second, or off (1.0GB)")
    parser.add_argument("--only", default=",".join(PARTS), metavar="NAME,…", help=f"any of {', '.join(PARTS)} (all)")
    parser.add_argument("--work", type=Path, default=ROOT / "build", metavar="DIR", help="for the models (build/)")
    parser.add_argument("--prompts", type=int, default=4, metavar="N", help="replies of each contestant (4)")
    parser.add_argument("--tokens", type=int, default=48, metavar="N", help="most tokens of a reply (48)")
    parser.add_argument("--json", type=Path, metavar="OUT", help="file for every figure")
    parser.add_argument("--docs", action="store_true", help="write the report and its plot into docs/benchmarks")
    return parser.parse_args()


def _measure(options: argparse.Namespace) -> Report:
    only = _parts(options.only)
    size, limit = parse_size(options.bytes), parse_size(options.limit)
    rate = None if options.throttle == "off" else parse_size(options.throttle)
    llama = find_spec("llama_cpp") is not None and any(name.startswith("llama") for name in only)
    files = make_models(options.work, size, llama)
    model = Path(files["model"])
    tokenizer = Tokenizer(model)
    prompts = [
        Prompt(text, tokenizer.encode_chat((Message("user", text),))) for text in _questions(options.prompts + 1)
    ]
    job = Job("", {}, files, prompts, options.tokens, CONTEXT, sorted(tokenizer.stop_ids), limit)
    contenders = [
        contend(name, entries(limit, size)[name], job, Limits(limit, rate, model)) for name in only if name in NAMES
    ]
    placements = []
    if PLACEMENTS in only:
        passes = PassJob(str(model), str(DEMO_DRAFT), prompts[0].question, CONTEXT, limit, NODES, PASSES)
        placements = place(passes, limits_to_try(passes, limit), rate)
    load = _load(model) if LOADING in only else None
    about = (
        f"Model: a stand-in of {format_size(size)} in bfloat16, with the demo draft; {options.prompts} replies of up "
        f"to {options.tokens} tokens, greedy, after a short one to warm up."
    )
    held = [*(ran.conditions for ran in contenders if ran.conditions), *(ran.conditions for ran in placements)]
    return Report(
        date=datetime.now(UTC).date().isoformat(),
        machine=_machine(),
        versions=versions() | {package: _version(package) for package in PEER_PACKAGES},
        conditions=[about, *held[:1]],
        contenders=contenders,
        nodes=NODES,
        placements=placements,
        load=load,
        bars=[*speed_bars(contenders), *placement_bars(placements, NODES), *([load_bar(load)] if load else [])],
    )


def _parts(names: str) -> list[str]:
    asked = [name.strip() for name in names.split(",") if name.strip()]
    for name in asked:
        if name not in PARTS:
            raise BadRequest(f"There is no part named {name!r}.", f"Choose from {', '.join(PARTS)}.")
    return [name for name in PARTS if name in asked]


def _questions(count: int) -> list[str]:
    """Demo questions, documented and made-up ones in turn."""
    lines = (RESOURCES / "demo_questions.jsonl").read_text("utf-8").splitlines()
    asked = [json.loads(line) for line in lines]
    kinds = ([entry["question"] for entry in asked if entry["kind"] == kind] for kind in ("documented", "made-up"))
    return list(chain.from_iterable(zip(*kinds, strict=False)))[:count]


def _load(folder: Path) -> Load:
    """The quickest of some loads of the demo pair, without limits."""
    say("loading the demo pair")
    outcomes = [run("tests.benchmarks.offload.loading", "", Limits(None, None, folder), []) for _ in range(LOADS)]
    loads = [Load(**json.loads(outcome.output)) for outcome in outcomes if outcome.output is not None]
    if not loads:
        raise RuntimeError(outcomes[0].failure)
    return min(loads, key=lambda load: load.load_seconds)


def _machine() -> dict[str, str]:
    processor = read_processor()
    return {
        "processor": processor.title,
        "cores": f"{processor.cores} cores",
        "memory": f"{format_size(read_memory().total)} RAM",
        "kernel": f"{platform.system()} {platform.release()}",
    }


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _write_docs(report: Report) -> None:
    folder = ROOT / "docs" / "benchmarks"
    name = f"{report.date}-offload"
    (folder / f"{name}.svg").write_text(as_svg(report.contenders, "Tokens per second"), "utf-8")
    (folder / f"{name}.md").write_text(as_markdown(report, f"{name}.svg"), "utf-8")


if __name__ == "__main__":
    sys.exit(main())
