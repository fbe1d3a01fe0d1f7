"""How much of drafting a step still shows where weights stream: `python -m tests.benchmarks.hidden_drafting`.

A step of plain decoding takes what the weights take to arrive. Drafting is hidden as far as a step with a tree takes no
longer than that: the first layers are read while a tree is drafted, and next trees are grown ahead while the target's
pass waits for the others (never, always, or where it pays). Without `--ram` no more memory is used than there must be.
Limits on the whole process are set from outside, as in tests/benchmarks/offload; `--drive` slows reading alone.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from statistics import mean, median

from core.decoding.report import StepReport
from core.engine.engine import Engine
from core.locations import DEMO_DRAFT, DEMO_TARGET
from core.machine.probe import probe_machine
from core.planning.planner import make_plan
from core.sampling.settings import Sampling
from core.sizes import parse_size
from tests.benchmarks.demo import pair, questions, request
from tests.benchmarks.slow_drive import slow_drive

TOKENS = 40
AHEAD = {"never": False, "always": True, "where it pays": None}


def steps(options: argparse.Namespace, budget: int, ahead: bool | None) -> list[StepReport]:
    """The steps of some replies by an engine that knows nothing yet, the first and the last of each left out."""
    asked = pair(max(options.budgets), options.model, options.draft, "bfloat16", options.ram, options.drafter)
    machine = probe_machine()
    plan = make_plan(asked, machine)
    if options.ram is None:
        plan = make_plan(replace(asked, ram_limit=plan.minimum_limit), machine)
    engine = Engine(plan, ahead=ahead)
    try:
        found: list[StepReport] = []
        for number, question in enumerate(questions("documented")[: options.questions]):
            sampling = Sampling(temperature=options.temperature, seed=number)
            tokens = 8 if budget == 1 else TOKENS
            found.extend(list(engine.generate(request(question, sampling, budget, tokens)))[1:-1])
        return found
    finally:
        engine.close()


def line(name: str, found: Sequence[StepReport], plain: float) -> str:
    step = median(report.seconds.total for report in found)
    draft, hidden, waited = (
        mean(getattr(report.seconds, cause) for report in found) for cause in ("draft", "hidden", "stream_wait")
    )
    tokens = mean(len(report.committed) for report in found)
    return (
        f"| {name} | {len(found)} | {tokens:.2f} | {step * 1000:,.0f} | {(step - plain) * 1000:+,.0f} "
        f"| {draft * 1000:.0f} | {hidden * 1000:.0f} | {waited * 1000:,.0f} |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--model", type=Path, default=DEMO_TARGET, metavar="DIR")
    parser.add_argument("--draft", type=Path, default=DEMO_DRAFT, metavar="DIR")
    parser.add_argument("--ram", type=parse_size, metavar="SIZE", help="memory limit, so that layers stream")
    parser.add_argument("--drive", type=float, metavar="RATE", help="bytes per second that are read at most")
    parser.add_argument("--budgets", type=int, nargs="+", default=[32, 128], metavar="N")
    parser.add_argument("--drafter", default="auto")
    parser.add_argument("--temperature", type=float, default=0.0)
    parser.add_argument("--questions", type=int, default=2, metavar="N")
    options = parser.parse_args()
    print("| nodes, ahead | steps | tokens a step | step, ms | over plain | draft, ms | hidden, ms | waited, ms |")
    print("|---|---|---|---|---|---|---|---|")
    with slow_drive(options.drive):
        alone = steps(options, 1, False)
        plain = median(report.seconds.total for report in alone)
        print(line("1 (plain decoding)", alone, plain), flush=True)
        for budget in options.budgets:
            for name, ahead in AHEAD.items():
                print(line(f"{budget}, {name}", steps(options, budget, ahead), plain), flush=True)


if __name__ == "__main__":
    main()
