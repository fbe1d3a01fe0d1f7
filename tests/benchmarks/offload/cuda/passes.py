"""Times passes of one model with more and more of its layers resident, all else waiting in RAM."""

from __future__ import annotations

import bisect
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from core.chat.message import Message
from core.engine.device import give_back_device_memory
from core.engine.engine import Engine
from core.engine.messages import Generate
from core.locations import DEMO_DRAFT
from core.machine.machine import Machine
from core.machine.own_memory import give_back
from core.models.checkpoint import open_checkpoint
from core.planning.plan import Plan, Request, Tier
from core.planning.planner import make_plan
from core.sampling.settings import Sampling
from tests.benchmarks.offload.cuda.device import DEVICE, measure_bus
from tests.benchmarks.offload.passes import WARM_UP, FixedTree

CONTEXT = 1024
PASSES = 5
STEP = 1 << 20


@dataclass(frozen=True)
class DevicePasses:
    """Passes of one model in one placement.

    Attributes:
        resident, layers: How many layers were resident, of how many.
        vram_limit, vram_peak: What the plan was allowed, and what torch held at most. Bytes.
        bus: Copies from locked RAM, bytes per second, before and after.
        nodes: Sizes of the trees.
        seconds: From each step to the next, one list for each of `nodes`.
        waits: The part of them that the device stood still for weights.
        bytes_per_pass: What a pass streamed.
        load_seconds: Of the whole load.
        notes: What the engine says about how weights are read and copied.
    """

    model: str
    resident: int
    layers: int
    vram_limit: int
    vram_peak: int
    bus: list[float]
    nodes: list[int]
    seconds: list[list[float]]
    waits: list[list[float]]
    bytes_per_pass: int
    load_seconds: float
    notes: list[str]


def request_for(folder: Path, budget: int | None, ram: int) -> Request:
    """What is asked of the planner, but for the limit of VRAM."""
    return Request(
        open_checkpoint(folder),
        open_checkpoint(DEMO_DRAFT),
        str(DEVICE),
        CONTEXT,
        ram_limit=ram,
        reserve=0,
        dtype="bfloat16",
        budget=budget,
    )


def limit_for(request: Request, machine: Machine, layers: int) -> int:
    """The lowest limit of VRAM, in whole steps, that keeps so many layers there, and keys and values in any case."""

    def plan(limit: int) -> Plan:
        return make_plan(replace(request, vram_limit=limit), machine)

    def kept(limit: int) -> int:
        found = plan(limit)
        return len(found.layers) - len(found.streamed_layers) if found.fits and found.kv is Tier.VRAM else -1

    limits = range(STEP, plan(STEP).resident_limit + 2 * STEP, STEP)
    return limits[bisect.bisect_left(limits, layers, key=kept)]


def time_passes(request: Request, machine: Machine, limit: int, nodes: Sequence[int], question: str) -> DevicePasses:
    """Raises what `Engine` raises."""
    before = measure_bus(locked=True)
    plan = make_plan(replace(request, vram_limit=limit), machine)
    engine = Engine(plan)
    loaded = engine.loaded
    try:
        timed = [list(_steps(engine, count, question)) for count in nodes]
        peak = torch.cuda.max_memory_reserved(DEVICE)
    finally:
        engine.close()
        del engine
        give_back()
        give_back_device_memory()
    return DevicePasses(
        model=request.model.name,
        resident=len(plan.layers) - len(plan.streamed_layers),
        layers=len(plan.layers),
        vram_limit=limit,
        vram_peak=peak,
        bus=[before, measure_bus(locked=True)],
        nodes=list(nodes),
        seconds=[[seconds for seconds, _, _ in steps] for steps in timed],
        waits=[[wait for _, wait, _ in steps] for steps in timed],
        bytes_per_pass=timed[0][-1][2],
        load_seconds=loaded.seconds,
        notes=list(loaded.notes),
    )


def _steps(engine: Engine, nodes: int, question: str) -> Iterator[tuple[float, float, int]]:
    """Of each step the seconds since the last one, those that the device stood still, and the bytes that were streamed.

    Choosing and reporting count too, so that nothing is copied outside the time that is measured.
    """
    # No face of the engine takes a tree: in a reply, drafting would come between the passes.
    engine._decoder.drafter = FixedTree(nodes, engine._target.spec.vocabulary)
    generate = Generate("passes", (Message("user", question),), "", Sampling(temperature=0.0), CONTEXT)
    last = time.perf_counter()
    for count, step in enumerate(engine.generate(generate), start=1):
        now = time.perf_counter()
        if count > WARM_UP:
            assert step.nodes == nodes
            yield now - last, step.seconds.stream_wait, step.bytes_streamed
        last = now
        if count == WARM_UP + PASSES:
            return
    raise AssertionError("the reply ended too early: choose another question")
