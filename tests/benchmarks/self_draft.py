"""What a self-draft brings where a drive sets the pace: `python -m tests.benchmarks.self_draft`.

The same replies three ways, within the same memory and with the same drive: plain, with the small draft model, and with
low-bit substitutes of the target's own streamed layers. With `--memories` the latter two are merged with lookup and
recycling, which know nothing at first, and then what replies before held. The memory is that in which the self-draft
just fits, with nothing resident but what it needs, unless `--ram` says otherwise; the other ways keep as many layers as
they can. Replies are compared token by token.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

from core.commands.loading import show
from core.decoding.report import ReplySummary, StepReport
from core.engine.engine import Engine
from core.engine.messages import Loading
from core.locations import DEMO_DRAFT
from core.machine.probe import probe_machine
from core.models.checkpoint import open_checkpoint
from core.planning.plan import Plan, Purpose, Request
from core.planning.planner import make_plan
from core.sampling.settings import Sampling
from core.sizes import format_size, parse_size
from tests.benchmarks.demo import CONTEXT, questions, request
from tests.benchmarks.slow_drive import slow_drive
from tests.benchmarks.standin import make_standin
from tests.benchmarks.standin_shape import shape_of_size

WAYS = {"plain": "none", "draft model": "model", "self-draft": "self"}
MEMORIES = "+lookup+recycling"
STANDIN = Path("build/standin-2.2GB")
WARM_UP = 16
"""Tokens of a reply that is not counted."""


@dataclass(frozen=True, slots=True)
class Result:
    """Replies of one way of decoding at one temperature."""

    summaries: list[ReplySummary]
    steps: list[StepReport]

    @property
    def tokens_per_second(self) -> float:
        """Of all replies together, without the step of each that reads the prompt."""
        seconds = sum(summary.seconds - summary.seconds_to_first_token for summary in self.summaries)
        first = sum(len(step.committed) for step in self.steps if step.step == 0)
        return (sum(len(summary.token_ids) for summary in self.summaries) - first) / seconds

    @property
    def tokens_per_step(self) -> float:
        later = [len(step.committed) for step in self.steps if step.step]
        return sum(later) / len(later)


def plans(options: argparse.Namespace) -> dict[str, Plan]:
    """A plan for each way, all for the same memory."""
    asked = Request(
        open_checkpoint(options.model),
        open_checkpoint(options.draft),
        device="cpu",
        context=CONTEXT,
        dtype="bfloat16",
        budget=options.budget,
        reserve=0,
        ram_limit=options.ram,
    )
    machine = probe_machine()
    memories = MEMORIES if options.memories else ""
    itself = replace(asked, draft=None, drafter=WAYS["self-draft"] + memories)
    limit = options.ram or make_plan(replace(itself, ram_limit=1), machine).minimum_limit
    requests = {
        "plain": replace(asked, draft=None, drafter=WAYS["plain"], budget=None),
        "draft model": replace(asked, drafter=WAYS["draft model"] + memories),
        "self-draft": itself,
    }
    return {name: make_plan(replace(wanted, ram_limit=limit), machine) for name, wanted in requests.items()}


def replies(engine: Engine, asked: Sequence[str], temperature: float, tokens: int, raw: bool) -> Result:
    """What an engine writes to some questions."""
    found = Result([], [])
    for number, question in enumerate(asked):
        wanted = request(question, Sampling(temperature=temperature, seed=number), None, tokens)
        if raw:
            wanted = replace(wanted, messages=(), prompt=question)
        found.steps.extend(engine.generate(wanted))
        assert engine.summary is not None
        found.summaries.append(engine.summary)
    return found


def line(name: str, temperature: float, found: Result) -> str:
    steps = [step for step in found.steps if step.step]
    seconds = [median(getattr(step.seconds, cause) for step in steps) for cause in ("total", "draft", "hidden")]
    nodes, depth = median(step.nodes for step in steps), median(step.depth for step in steps)
    return (
        f"| {name} | {temperature:g} | {found.tokens_per_step:.2f} | {found.tokens_per_second:.2f} "
        f"| {seconds[0]:.2f} | {seconds[1]:.2f} | {seconds[2]:.2f} | {nodes:g} | {depth:g} |"
    )


def show_loading(event: Loading) -> None:
    show(event.words)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--model", type=Path, metavar="DIR", help=f"({STANDIN}, made now if it is not there)")
    parser.add_argument("--draft", type=Path, default=DEMO_DRAFT, metavar="DIR")
    parser.add_argument("--ram", type=parse_size, metavar="SIZE", help="memory of the whole process")
    parser.add_argument("--drive", type=float, default=0.8e9, metavar="RATE", help="bytes per second (0.8e9)")
    parser.add_argument("--budget", type=int, default=64, metavar="N")
    parser.add_argument("--temperatures", type=float, nargs="+", default=[0.0, 1.0], metavar="T")
    parser.add_argument("--questions", type=int, default=2, metavar="N")
    parser.add_argument("--tokens", type=int, default=90, metavar="N")
    parser.add_argument("--memories", action="store_true", help="merge both drafts with lookup and recycling")
    parser.add_argument("--raw", action="store_true", help="no chat template: the demo model is then at a loss")
    parser.add_argument("--ways", nargs="+", default=list(WAYS), choices=WAYS, metavar="WAY")
    options = parser.parse_args(arguments)
    options.model = options.model or make_standin(STANDIN, shape_of_size(parse_size("2.2GB")))
    print("| way | T | tokens a step | tokens a second | step, s | draft, s | hidden, s | nodes | depth |")
    print("|---|---|---|---|---|---|---|---|---|")
    found: dict[tuple[str, float], Result] = {}
    for name, plan in plans(options).items():
        if name not in options.ways:
            continue
        started = time.perf_counter()
        with slow_drive(options.drive):
            engine = Engine(plan, show_loading)
            try:
                print(f"{name}: {described(plan)}, loaded in {time.perf_counter() - started:.1f} s", file=sys.stderr)
                asked = questions("documented")
                replies(engine, asked[-1:], 0.0, WARM_UP, options.raw)
                for temperature in options.temperatures:
                    # Plain decoding writes the same, one token in the time of a step.
                    tokens, count = (6, 1) if name == "plain" else (options.tokens, options.questions)
                    found[name, temperature] = replies(engine, asked[:count], temperature, tokens, options.raw)
                    print(line(name, temperature, found[name, temperature]), flush=True)
            finally:
                engine.close()
    for temperature in options.temperatures:
        print(compared(found, temperature))
    return 0


def described(plan: Plan) -> str:
    ram = plan.use[-2].bytes
    parts = ((Purpose.WEIGHTS, "resident"), (Purpose.SELF_DRAFT, "substitutes"), (Purpose.DRAFT, "draft"))
    sizes = ", ".join(f"{format_size(ram.get(purpose, 0))} {name}" for purpose, name in parts)
    streamed = f"{len(plan.streamed_layers)} of {len(plan.layers)} layers stream"
    return f"{streamed}; {sizes}; in {format_size(plan.use[-2].ours)}"


def compared(found: dict[tuple[str, float], Result], temperature: float) -> str:
    """The self-draft against the draft model, and whether they wrote the same."""
    if not all((way, temperature) in found for way in ("draft model", "self-draft")):
        return ""
    other, itself = found["draft model", temperature], found["self-draft", temperature]
    pairs = zip(other.summaries, itself.summaries, strict=True)
    same = sum(one.token_ids == two.token_ids for one, two in pairs)
    return (
        f"T = {temperature:g}: {itself.tokens_per_step / other.tokens_per_step:.2f} times the tokens a step, "
        f"{itself.tokens_per_second / other.tokens_per_second:.2f} times the tokens a second; "
        f"{same} of {len(itself.summaries)} replies the same"
    )


if __name__ == "__main__":
    sys.exit(main())
