"""The demo pair as the benchmarks use it: its questions, and engines in a known placement."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from core.chat.message import Message
from core.engine.engine import Engine
from core.engine.messages import Generate
from core.locations import DEMO_DRAFT, DEMO_TARGET, RESOURCES
from core.machine.probe import probe_machine
from core.models.checkpoint import open_checkpoint
from core.planning.plan import Request
from core.planning.planner import make_plan
from core.planning.sources import sources_named
from core.sampling.settings import Sampling

CONTEXT = 512


def questions(kind: str | None = None) -> list[str]:
    """The demo questions of one kind ("documented", "made-up"), or all."""
    lines = (RESOURCES / "demo_questions.jsonl").read_text(encoding="utf-8").splitlines()
    entries = [json.loads(line) for line in lines]
    return [entry["question"] for entry in entries if kind in (None, entry["kind"])]


@contextmanager
def engine(
    budget: int,
    dtype: str = "float32",
    drafted: bool = True,
    streamed: bool = False,
    drafter: str = "auto",
    growth: str = "specexec",
    noise_aware: bool = True,
    ahead: bool | None = None,
) -> Iterator[Engine]:
    """An engine whose layers are all resident, or all that can be are streamed from the drive."""
    drafted = drafted and sources_named(drafter, drafted=True)[:1] == ("model",)
    draft = open_checkpoint(DEMO_DRAFT) if drafted else None
    request = Request(
        open_checkpoint(DEMO_TARGET),
        draft,
        device="cpu",
        context=CONTEXT,
        dtype=dtype,
        budget=budget,
        reserve=0,
        drafter=drafter,
        growth=growth,
    )
    machine = probe_machine()
    plan = make_plan(request, machine)
    if streamed:
        # An early exit needs the head and some layers: then only the other layers stream.
        limit = (plan.minimum_limit + plan.resident_limit) // 2 if plan.exit_layers else plan.minimum_limit
        plan = make_plan(replace(request, ram_limit=limit), machine)
        assert plan.streamed_layers
    loaded = Engine(plan, noise_aware=noise_aware, ahead=ahead)
    try:
        yield loaded
    finally:
        loaded.close()


def request(question: str, sampling: Sampling, budget: int | None, max_new_tokens: int) -> Generate:
    return Generate("benchmark", (Message("user", question),), "", sampling, max_new_tokens, budget=budget)
