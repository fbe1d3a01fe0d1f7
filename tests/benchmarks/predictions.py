"""Compares what the planner predicts with what the engine then does: memory, seconds of a pass, tokens per second.

    python -m tests.benchmarks.predictions [--models DIR ...] [--draft DIR] [--seconds 60] [--only TEXT] [--json FILE]

Measures this machine first (layers, memory, drive), as the window does when it is idle. Then each model is loaded in a
process of its own with several memory limits and contexts: a plan is made, one reply calibrates it, and twenty follow,
or as many as are begun in the time that a case is given. Replies are whole: their beginnings are easier to draft.
Without `--models` a stand-in of 0.5 GB is made, and the demo pair is used.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import islice
from operator import add
from pathlib import Path
from random import Random
from statistics import median

from core.decoding.outcome import Outcomes
from core.decoding.report import StepSeconds
from core.engine.arithmetic import survey_arithmetic
from core.engine.engine import Engine
from core.engine.layer_survey import survey_layers
from core.engine.messages import Generate
from core.engine.warm_up import warm_up
from core.errors import PromptTooLong
from core.locations import DEMO_DRAFT, DEMO_TARGET
from core.machine.bandwidth import survey_drive
from core.machine.machine import Figure, Source
from core.machine.own_memory import peak_resident_bytes, resident_bytes
from core.machine.probe import probe_machine
from core.machine.profile import record
from core.models.checkpoint import open_checkpoint
from core.planning.history import History
from core.planning.knowledge import Knowledge
from core.planning.plan import PassSeconds, Plan, Request, Tier
from core.planning.planner import make_plan
from core.planning.sources import AUTO
from core.sampling.settings import Sampling
from core.sizes import format_size, parse_size
from tests.benchmarks.demo import questions, request
from tests.benchmarks.offload.limits import Group, Limits, group
from tests.benchmarks.offload.models import make_models

PROMPTS = 20
TOKENS = 160
"""Of a reply at most; those of the demo pair have 20 to 100."""

FILLING = 48
"""Tokens of the reply that fills the context."""

DRAFTER = "+".join(AUTO)
"""Not "auto", which may choose a draft of the target's own."""

BARS = {"memory": 0.05, "pass": 0.15, "before": 0.35, "after": 0.15}
SLACK = 100 << 20


@dataclass(frozen=True, slots=True)
class Job:
    """A model under a limit: 0 is the least that runs, 1 holds everything, and shares in between."""

    model: str
    draft: str
    share: float
    context: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """Predicted and measured. Speeds in tokens per second.

    Attributes:
        causes: Seconds of a step by cause, where what is hidden behind others counts to none.
    """

    model: str
    limit: int
    context: int
    budget: int
    resident: int
    layers: int
    ram: tuple[int, int]
    pass_seconds: tuple[float, float]
    causes: dict[str, tuple[float, float]]
    replies: int
    tokens_per_step: tuple[float, float]
    step_seconds: tuple[float, float]
    before: tuple[float, float]
    after: tuple[float, float]
    first_token: tuple[float, float]


def compare(job: Job) -> Comparison:
    """Plan, load, calibrate, write; in a process that has loaded nothing yet."""
    target, draft = open_checkpoint(Path(job.model)), open_checkpoint(Path(job.draft))
    machine, history = probe_machine(target.folder), History()
    asked = Request(target, draft, "cpu", job.context, reserve=0, drafter=DRAFTER)
    whole = make_plan(asked, machine)
    if job.share < 1:
        limit = round(whole.minimum_limit + job.share * (whole.resident_limit - whole.minimum_limit))
        asked = replace(asked, ram_limit=limit)
    plan = make_plan(asked, machine, Knowledge(history.of(target, draft, machine)))
    assert plan.speed is not None
    engine = Engine(plan)
    # Each case draws its own: the first of the demo's questions are easier than the others.
    texts = iter(Random(f"{target.name} {job.share} {job.context}").sample(questions() * 2, k=2 * len(questions())))
    watch = Outcomes()
    outcome, steps = None, 0
    while outcome is None:  # A reply of a few steps teaches nothing.
        for step in engine.generate(_asked(next(texts), plan)):
            watch.add(step)
        assert engine.summary is not None
        outcome, steps = watch.of(engine.summary), engine.summary.steps
    history.add(plan, machine, outcome, steps)
    known = Knowledge(history.of(target, draft, machine))
    calibrated = make_plan(replace(asked, budget=plan.budget), machine, known)
    assert calibrated.speed is not None
    replies, end = [], time.perf_counter() + job.seconds
    for text in islice(texts, PROMPTS):
        replies.append(_reply(engine, text))
        if time.perf_counter() > end:
            break
    _fill_context(engine)
    peak = peak_resident_bytes()
    taken = sum(reply.seconds for reply in replies)
    tokens = sum(reply.tokens for reply in replies)
    steps = sum(reply.steps for reply in replies)
    causes = _causes(plan.speed.seconds, [seconds for reply in replies for seconds in reply.whole])
    return Comparison(
        model=target.name,
        limit=asked.ram_limit or 0,
        context=plan.context,
        budget=plan.budget,
        resident=len(plan.layers) - len(plan.streamed_layers),
        layers=len(plan.layers),
        ram=(_ours(plan), peak),
        pass_seconds=tuple(map(add, causes["stream"], causes["compute"])),
        causes=causes,
        replies=len(replies),
        step_seconds=(calibrated.speed.step_seconds, taken / steps),
        tokens_per_step=(calibrated.speed.tokens_per_step, tokens / steps),
        before=(plan.speed.tokens_per_second, tokens / taken),
        after=(calibrated.speed.tokens_per_second, tokens / taken),
        first_token=(plan.speed.first_token, median(reply.first for reply in replies)),
    )


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply. Its first step, which reads the prompt, counts to `first` alone.

    Attributes:
        whole: Seconds of the steps with trees of the whole budget.
    """

    tokens: int
    steps: int
    seconds: float
    first: float
    whole: list[StepSeconds]


def _reply(engine: Engine, text: str) -> Reply:
    """A reply with trees of the plan's budget, which is what its prediction is for."""
    first, *steps = engine.generate(_asked(text, engine.plan))
    summary = engine.summary
    assert summary is not None
    return Reply(
        tokens=len(summary.token_ids) - len(first.committed),
        steps=len(steps),
        seconds=summary.seconds - summary.seconds_to_first_token,
        first=summary.seconds_to_first_token,
        whole=[step.seconds for step in steps if step.nodes > 0.9 * engine.plan.budget],
    )


def _asked(text: str, plan: Plan, tokens: int = TOKENS) -> Generate:
    return request(text, Sampling(temperature=0.0), plan.budget, tokens)


def _causes(expected: PassSeconds, found: Sequence[StepSeconds]) -> dict[str, tuple[float, float]]:
    """Seconds of a step by cause, predicted and measured. What waits for weights is what no computing hides."""
    waiting = expected.stream - expected.hidden
    return {
        "stream": (waiting, median(seconds.stream_wait for seconds in found)),
        "compute": (expected.compute, median(seconds.compute for seconds in found)),
        "draft": (expected.draft, median(seconds.draft for seconds in found)),
        "sample": (expected.sample, median(seconds.sample for seconds in found)),
    }


def _fill_context(engine: Engine) -> None:
    """Write behind as long a prompt as the context holds: keys and values take memory only as a text grows."""
    words = " ".join(questions() * 20).split()
    low, high = 1, len(words)
    while low < high:
        middle = (low + high + 1) // 2
        if _fits(engine, " ".join(words[:middle])):
            low = middle
        else:
            high = middle - 1
    list(engine.generate(_asked(" ".join(words[:low]), engine.plan, FILLING)))


def _fits(engine: Engine, text: str) -> bool:
    try:
        prompt = engine._prompt(_asked(text, engine.plan, 1))
    except PromptTooLong:
        return False
    return len(prompt) < engine.plan.context - FILLING


def _ours(plan: Plan) -> int:
    return next(use.ours for use in plan.use if use.tier is Tier.RAM)


def survey(models: list[str], draft: str) -> None:
    """The self-benchmark."""
    warm_up()
    record("engine_bytes", Figure(float(resident_bytes()), Source.MEASURED, "This process, nothing loaded."))
    survey_arithmetic()
    survey_layers((open_checkpoint(Path(folder)) for folder in (*models, draft)), again=True)
    for folder in models:
        survey_drive(Path(folder))


def jobs(models: list[str], draft: str, seconds: float) -> Iterator[Job]:
    """Limits from the least to everything, with two contexts."""
    for model in models:
        # The demo is too small for limits between the least and the most to mean much.
        small = Path(model) == DEMO_TARGET
        cases = ((1.0, 512), (1.0, 1024)) if small else ((0.1, 512), (0.4, 1024), (0.75, 512), (1.0, 1024))
        for share, context in cases:
            yield Job(model, draft, share, context, seconds)


def _in_process(part: str, content: object, home: str, place: Group) -> str:
    environment = {**os.environ, "PENJING_HOME": home, "HF_HUB_OFFLINE": "1"}
    command = [*place.prefix, sys.executable, "-m", "tests.benchmarks.predictions", "--part", part]
    done = subprocess.run(
        command, input=json.dumps(content), env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(done.stderr)
    return done.stdout


def _error(pair: tuple[float, float]) -> float:
    return pair[0] / pair[1] - 1


def _table(rows: list[Comparison]) -> Iterator[str]:
    yield (
        "| model | resident | limit | context | budget | RAM | | s per pass | | tokens per step | s per step | replies "
        "| tok/s before | after one | measured | |"
    )
    yield "|" + " --- |" * 16
    for row in rows:
        yield (
            f"| {row.model} | {row.resident} of {row.layers} | {format_size(row.limit) if row.limit else 'none'} | "
            f"{row.context} | {row.budget} | {format_size(row.ram[0])} | {_error(row.ram):+.1%} | "
            f"{row.pass_seconds[0]:.3f} / {row.pass_seconds[1]:.3f} | {_error(row.pass_seconds):+.0%} | "
            f"{row.tokens_per_step[0]:.2f} / {row.tokens_per_step[1]:.2f} | "
            f"{row.step_seconds[0]:.3f} / {row.step_seconds[1]:.3f} | {row.replies} | "
            f"{row.before[0]:.2f} ({_error(row.before):+.0%}) | {row.after[0]:.2f} | {row.after[1]:.2f} | "
            f"{_error(row.after):+.0%} |"
        )


def _bars(rows: list[Comparison]) -> Iterator[str]:
    def held(name: str, errors: list[float]) -> str:
        inside = sum(abs(error) <= BARS[name] for error in errors)
        return f"{inside} of {len(errors)}, worst {max(errors, key=abs):+.0%}"

    memory = [abs(_error(row.ram)) <= BARS["memory"] or abs(row.ram[0] - row.ram[1]) <= SLACK for row in rows]
    yield f"RAM within 5 % or 100 MiB: {sum(memory)} of {len(rows)}; lowest {min(_error(row.ram) for row in rows):+.1%}"
    yield f"seconds of a pass within 15 %: {held('pass', [_error(row.pass_seconds) for row in rows])}"
    yield f"tokens per second within 35 % before any reply: {held('before', [_error(row.before) for row in rows])}"
    yield f"tokens per second within 15 % after one: {held('after', [_error(row.after) for row in rows])}"


def _by_cause(rows: list[Comparison]) -> Iterator[str]:
    yield "| model | resident | nodes | stream | compute | draft | sample | first token |"
    yield "|" + " --- |" * 8
    for row in rows:
        pairs = (*row.causes.values(), row.first_token)
        cells = " | ".join(f"{expected:.3f} / {found:.3f}" for expected, found in pairs)
        yield f"| {row.model} | {row.resident} of {row.layers} | {row.budget} | {cells} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", nargs="+", default=[])
    parser.add_argument("--draft", default=str(DEMO_DRAFT))
    parser.add_argument("--seconds", type=float, default=60.0, help="after which no reply of a case is begun")
    parser.add_argument("--rate", type=parse_size, default=parse_size("0.8GB"), help="of the drive per second, held to")
    parser.add_argument("--only", default="", help="cases whose description holds this text")
    parser.add_argument("--home", help="a folder for what is learned; a fresh one otherwise")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--part", choices=("survey", "compare"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.part == "survey":
        survey(*json.load(sys.stdin))
        return
    if options.part == "compare":
        print(json.dumps(asdict(compare(Job(**json.load(sys.stdin))))))
        return
    models = options.models or [
        make_models(Path("build/benchmarks"), 500_000_000, for_llama=False)["model"],
        str(DEMO_TARGET),
    ]
    chosen = [
        job
        for job in jobs(models, options.draft, options.seconds)
        if options.only in f"{job.model} {job.share} {job.context}"
    ]
    if not chosen:
        raise SystemExit(f"No case's description holds {options.only!r}.")
    rows = []
    limits = Limits(None, options.rate, Path(models[0]))
    with tempfile.TemporaryDirectory() as fresh, group(limits) as place:
        print(f"Drive {place.rate_how}.", flush=True)
        home = options.home or fresh
        for job in chosen:
            # Before each case: what other programs leave of this computer changes over the minutes.
            _in_process("survey", [[job.model], options.draft], home, place)
            row = Comparison(**json.loads(_in_process("compare", asdict(job), home, place)))
            rows.append(row)
            print(list(_table([row]))[-1], flush=True)
    print("\n".join([*_table(rows), "", *_by_cause(rows), ""]))
    print("\n".join(_bars(rows)))
    if options.json:
        options.json.write_text(json.dumps([asdict(row) for row in rows], indent=1), "utf-8")


if __name__ == "__main__":
    main()
