"""Models of the usual sizes: what a computer can run, before there is any model on it."""

from __future__ import annotations

from core.machine.machine import Machine
from core.models.spec import ModelSpec
from core.planning.blueprint import Blueprint
from core.planning.plan import Plan, Request
from core.planning.planner import make_plan

SIZES = tuple(
    Blueprint(name, "llama", layers, hidden, intermediate, hidden // 128, 8, 128, 128_256, context_limit=131_072)
    for name, layers, hidden, intermediate in (
        ("1B", 16, 2048, 8192),
        ("3B", 28, 3072, 8192),
        ("8B", 32, 4096, 14_336),
        ("32B", 64, 5120, 27_648),
        ("70B", 80, 8192, 28_672),
    )
)
"""Of the Llama kind, in 16-bit numbers; by billions of parameters."""


def what_runs(machine: Machine) -> list[tuple[ModelSpec, Plan]]:
    """A plan for each size on this machine; those from 8B on draft with the 1B."""
    draft, *_ = models = [size.spec() for size in SIZES]
    found = []
    for model in models:
        big = model.parameters > 4 * draft.parameters
        request = Request(model, draft if big else None, context=4096, drafter="auto" if big else "none")
        found.append((model, make_plan(request, machine)))
    return found
