"""The demo pair as the benchmarks use it: its questions, and engines in a known placement."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from core.chat.message import Message
from core.engine.engine import Engine
from core.engine.messages import Generate
from core.errors import BadRequest
from core.locations import DEMO_DRAFT, DEMO_TARGET, RESOURCES
from core.machine.machine import Machine
from core.machine.probe import probe_machine
from core.models.checkpoint import open_checkpoint
from core.planning.plan import Plan, Request, Tier
from core.planning.planner import make_plan
from core.planning.sources import sources_named
from core.sampling.settings import Sampling

CONTEXT = 512


def questions(kind: str | None = None) -> list[str]:
    """The demo questions of one kind ("documented", "made-up"), or all."""
    lines = (RESOURCES / "demo_questions.jsonl").read_text(encoding="utf-8").splitlines()
    entries = [json.loads(line) for line in lines]
    return [entry["question"] for entry in entries if kind in (None, entry["kind"])]


def pair(
    budget: int,
    target: Path = DEMO_TARGET,
    draft: Path | None = DEMO_DRAFT,
    dtype: str = "float32",
    ram: int | None = None,
    drafter: str = "auto",
    growth: str = "specexec",
) -> Request:
    """A pair on the processor, with room for trees of a budget and all memory for itself."""
    return Request(
        open_checkpoint(target),
        open_checkpoint(draft) if draft else None,
        device="cpu",
        context=CONTEXT,
        dtype=dtype,
        budget=budget,
        reserve=0,
        ram_limit=ram,
        drafter=drafter,
        growth=growth,
    )


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
    model: Path = DEMO_TARGET,
    packed: bool | None = None,
) -> Iterator[Engine]:
    """An engine whose layers are all resident, or all that can be are streamed from the drive.

    Args:
        packed: Whether resident weights that are stored packed stay so; None leaves it to the planner.
    """
    drafted = drafted and sources_named(drafter, drafted=True)[:1] == ("model",)
    request = pair(budget, model, DEMO_DRAFT if drafted else None, dtype, drafter=drafter, growth=growth)
    machine = probe_machine()
    plan = make_plan(request, machine)
    if streamed:
        plan = _streaming(request, plan, machine)
    if packed is not None:
        plan = replace(plan, packed=packed)
    loaded = Engine(plan, noise_aware=noise_aware, ahead=ahead)
    try:
        yield loaded
    finally:
        loaded.close()


def _streaming(request: Request, resident: Plan, machine: Machine) -> Plan:
    """The plan in which most streams. An early exit of the target needs some room.

    Substitutes of layers may go over the limit, which is there to make layers stream: without it all of so small a
    model fits into the memory that both take.
    """
    room = resident.resident_limit - resident.minimum_limit
    for part in (1, 2, 4, 8, 16):
        with suppress(BadRequest):
            plan = make_plan(replace(request, ram_limit=resident.resident_limit - room // part), machine)
            if plan.streamed_layers or Tier.SSD in plan.experts:
                return replace(plan, shortfall=0)
    raise AssertionError("what drafts has room only where nothing streams")


def request(question: str, sampling: Sampling, budget: int | None, max_new_tokens: int) -> Generate:
    return Generate("benchmark", (Message("user", question),), "", sampling, max_new_tokens, budget=budget)
