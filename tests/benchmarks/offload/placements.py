"""Penjing under one limit after the other: passes with more and more layers resident, and what the process holds."""

from __future__ import annotations

import bisect
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from core.machine.probe import probe_machine
from core.models.checkpoint import open_checkpoint
from core.planning.plan import Plan, Request
from core.planning.planner import make_plan
from core.sizes import format_size
from tests.benchmarks.offload.figures import Placement
from tests.benchmarks.offload.job import PassJob, read_pass_result, write_json
from tests.benchmarks.offload.limits import Limits
from tests.benchmarks.offload.models import say
from tests.benchmarks.offload.process import run

NODES = [1, 64]
RESIDENT = (8, 16)
STEP = 1 << 20


def limits_to_try(job: PassJob, *others: int) -> list[int]:
    """Bytes, ascending: the least that runs at all, what keeps 8 and 16 layers and all, and `others` in between."""
    target = open_checkpoint(Path(job.model))
    draft = open_checkpoint(Path(job.draft))
    request = Request(target, draft, "cpu", job.context, ram_limit=0, reserve=0, budget=max(job.nodes))
    machine = probe_machine(target.folder)

    def plan(limit: int) -> Plan:
        return make_plan(replace(request, ram_limit=limit), machine)

    def resident(limit: int) -> int:
        return len(target.layers) - len(plan(limit).streamed_layers)

    # In whole steps: a control group's limit is one of whole pages.
    least, most = (_round_up(size, STEP) for size in (plan(0).minimum_limit, plan(0).resident_limit))
    steps = range(least, most, STEP)
    found = {least, most}
    found |= {steps[bisect.bisect_left(steps, count, key=resident)] for count in RESIDENT if count < len(target.layers)}
    found |= {limit for limit in others if limit > least}
    return sorted(found)


def _round_up(size: int, step: int) -> int:
    return -(-size // step) * step


def place(job: PassJob, limits: Sequence[int], rate: int | None) -> list[Placement]:
    """Times passes under each limit, which is `--ram` and the size of the process's group alike."""
    folder = Path(job.model)
    files = [file for file in folder.iterdir() if file.is_file()]
    placements = []
    for limit in limits:
        say(f"passes within {format_size(limit)}")
        outcome = run(
            "tests.benchmarks.offload.passes", write_json(replace(job, ram=limit)), Limits(limit, rate, folder), files
        )
        result = read_pass_result(outcome.output) if outcome.output is not None else None
        if result is None:
            say(outcome.failure)
        placements.append(Placement(limit, result, outcome.failure, outcome.group_peak, outcome.conditions))
    return placements
