"""The process that loads a pair, and the one that measures the machine before each trial."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from itertools import cycle
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
from core.machine.bandwidth import survey_drive
from core.machine.machine import Figure, Machine, Source
from core.machine.own_memory import peak_resident_bytes, resident_bytes
from core.machine.probe import probe_machine
from core.machine.profile import record
from core.models.checkpoint import open_checkpoint
from core.planning.experience import Experience, Run
from core.planning.history import History
from core.planning.knowledge import Knowledge
from core.planning.plan import PassSeconds, Plan, Request, Tier
from core.planning.planner import make_plan
from core.planning.sources import AUTO
from core.planning.speed import PROMPT
from core.sampling.settings import Sampling
from tests.benchmarks.demo import questions, request
from tests.benchmarks.predictions.comparison import Load, Trial

REPLIES = 4
"""Of a trial, besides the one that calibrates."""

TOKENS = 160
"""Of a reply at most; those of the demo pair have 20 to 100."""

FILLING = 48
"""Tokens of the reply that fills the context."""

DRAFTER = "+".join(AUTO)
"""Not "auto", which may choose a draft of the target's own."""


@dataclass(frozen=True, slots=True)
class Job:
    """A model under a limit: 0 is the least that runs, 1 holds everything, and shares in between."""

    model: str
    draft: str
    share: float
    context: int


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply, without its first step, which reads the prompt.

    Attributes:
        whole: Seconds of the steps with trees of the whole budget.
    """

    tokens: int
    steps: int
    seconds: float
    whole: list[StepSeconds]


class Loaded:
    """A pair in this process, which has loaded nothing else."""

    def __init__(self, job: Job) -> None:
        self._target, self._draft = open_checkpoint(Path(job.model)), open_checkpoint(Path(job.draft))
        self._history = History()
        machine = probe_machine(self._target.folder)
        self._free = machine.ram_available
        asked = Request(self._target, self._draft, "cpu", job.context, reserve=0, drafter=DRAFTER)
        whole = make_plan(asked, machine)
        if job.share < 1:
            limit = round(whole.minimum_limit + job.share * (whole.resident_limit - whole.minimum_limit))
            asked = replace(asked, ram_limit=limit)
        self.plan = make_plan(asked, machine)
        self._asked = replace(asked, budget=self.plan.budget)
        self._engine = Engine(self.plan)
        # Every sixth question is asked, the same ones in each case. Of the others, each draws those that calibrate.
        texts = questions()
        others = [text for index, text in enumerate(texts) if index % 6]
        self._asked_texts = cycle(texts[::6])
        seed = f"{self._target.name} {job.share} {job.context}"
        self._calibrating = iter(Random(seed).sample(others, len(others)))

    @property
    def load(self) -> Load:
        plan = self.plan
        resident = len(plan.layers) - len(plan.streamed_layers)
        limit = self._asked.ram_limit or 0
        return Load(self._target.name, limit, plan.context, plan.budget, resident, len(plan.layers))

    def trial(self) -> Trial:
        """Plan by what was measured last, calibrate, write."""
        machine = replace(probe_machine(self._target.folder), ram_available=self._free)
        plan = make_plan(self._asked, machine)
        run = self._calibrate(plan, machine)
        calibrated = make_plan(self._asked, machine, Knowledge(Experience((run,))))
        assert plan.speed is not None
        assert calibrated.speed is not None
        replies = [self._reply() for _ in range(REPLIES)]
        return Trial(
            causes=_causes(plan.speed.seconds, [seconds for reply in replies for seconds in reply.whole]),
            before=plan.speed.tokens_per_second,
            after=calibrated.speed.tokens_per_second,
            step_seconds=calibrated.speed.step_seconds,
            tokens_per_step=calibrated.speed.tokens_per_step,
            tokens=sum(reply.tokens for reply in replies),
            steps=sum(reply.steps for reply in replies),
            seconds=sum(reply.seconds for reply in replies),
        )

    def _calibrate(self, plan: Plan, machine: Machine) -> Run:
        """Write a reply of more than a few steps, and compare it with its plan as the program does."""
        watch = Outcomes()
        while True:
            for step in self._engine.generate(self._generate(next(self._calibrating))):
                watch.add(step)
            summary = self._engine.summary
            assert summary is not None
            if (outcome := watch.of(summary)) is not None:
                run = self._history.add(plan, machine, outcome, summary.steps)
                assert run is not None
                return run

    def _reply(self) -> Reply:
        """A reply with trees of the plan's budget, which is what its prediction is for."""
        first, *steps = self._engine.generate(self._generate(next(self._asked_texts)))
        summary = self._engine.summary
        assert summary is not None
        return Reply(
            tokens=len(summary.token_ids) - len(first.committed),
            steps=len(steps),
            seconds=summary.seconds - summary.seconds_to_first_token,
            whole=[step.seconds for step in steps if step.nodes > 0.9 * self.plan.budget],
        )

    def first_token(self) -> tuple[float, float]:
        """Seconds to the first token behind a prompt of 512 tokens, or as long as the context holds: planned, taken."""
        assert self.plan.speed is not None
        words = " ".join(reversed(questions() * 20)).split()
        list(self._engine.generate(self._generate(self._beginning(words, PROMPT), 1)))
        assert self._engine.summary is not None
        return self.plan.speed.first_token, self._engine.summary.seconds_to_first_token

    def fill_context(self) -> None:
        """Write behind as long a prompt as the context holds: keys and values take memory only as a text grows."""
        words = " ".join(questions() * 20).split()
        list(self._engine.generate(self._generate(self._beginning(words, self.plan.context), FILLING)))

    def _beginning(self, words: Sequence[str], tokens: int) -> str:
        """As many words as come to so many tokens at most, and leave room for a reply."""
        most = min(tokens, self.plan.context - FILLING)
        low, high = 1, len(words)
        while low < high:
            middle = (low + high + 1) // 2
            if self._tokens(" ".join(words[:middle])) < most:
                low = middle
            else:
                high = middle - 1
        return " ".join(words[:low])

    def _tokens(self, text: str) -> int:
        """Tokens of a question; more than any context has if it is too long."""
        try:
            return len(self._engine._prompt(self._generate(text, 1)))
        except PromptTooLong:
            return 1 << 31

    def _generate(self, text: str, tokens: int = TOKENS) -> Generate:
        return request(text, Sampling(temperature=0.0), self.plan.budget, tokens)


def serve(job: Job) -> None:
    """Load, then a trial for each line that comes in, and at their end what memory it took; each as a line of JSON."""
    loaded = Loaded(job)
    for _ in sys.stdin:
        print(json.dumps(asdict(loaded.trial())), flush=True)
    first_token = loaded.first_token()
    loaded.fill_context()
    print(json.dumps([asdict(loaded.load), [_ours(loaded.plan), peak_resident_bytes()], first_token]), flush=True)


def survey(models: list[str], draft: str) -> None:
    """The self-benchmark."""
    warm_up()
    record("engine_bytes", Figure(float(resident_bytes()), Source.MEASURED, "This process, nothing loaded."))
    survey_arithmetic()
    survey_layers((open_checkpoint(Path(folder)) for folder in (*models, draft)), again=True)
    for folder in models:
        survey_drive(Path(folder))


def _causes(expected: PassSeconds, found: Sequence[StepSeconds]) -> dict[str, tuple[float, float]]:
    """Seconds of a step by cause, predicted and measured. What waits for weights is what no computing hides."""
    waiting = expected.stream - expected.hidden
    return {
        "stream": (waiting, median(seconds.stream_wait for seconds in found)),
        "compute": (expected.compute, median(seconds.compute for seconds in found)),
        "draft": (expected.draft, median(seconds.draft for seconds in found)),
        "sample": (expected.sample, median(seconds.sample for seconds in found)),
    }


def _ours(plan: Plan) -> int:
    return next(use.ours for use in plan.use if use.tier is Tier.RAM)
