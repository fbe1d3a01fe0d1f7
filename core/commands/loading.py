"""Loads the models that the options name into an engine of this process, showing how far it is."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from core.commands.options import Pair, choose_pair, make_request
from core.engine.messages import Loading
from core.errors import DoesNotFit
from core.machine.probe import probe_machine
from core.planning.plan import Plan
from core.planning.planner import make_plan
from core.sizes import format_size

if TYPE_CHECKING:
    from core.engine.engine import Engine


def plan_for(options: argparse.Namespace) -> Plan:
    """The plan that the options ask for, on this machine as it is now; says on stderr if no draft was found for it.

    Raises:
        DoesNotFit, UnusableModel, UnusableDraft, BadRequest.
    """
    pair = choose_pair(options)
    plan = fitting_plan(options, pair)
    if pair.note and options.drafter != "none":
        print(f"{pair.note[0].upper()}{pair.note[1:]}.", file=sys.stderr)
    return plan


def fitting_plan(options: argparse.Namespace, pair: Pair) -> Plan:
    """Raises DoesNotFit with what would make it fit, and BadRequest."""
    plan = make_plan(make_request(options, pair), probe_machine(pair.target.folder))
    if not plan.fits:
        raise DoesNotFit(f"{pair.target.name} does not fit.", plan.warnings[0])
    return plan


def load_engine(plan: Plan, cancelled: Callable[[], bool]) -> Engine:
    """Loads a plan; imports torch, which takes some seconds. Raises Cancelled, and what `Engine` raises."""
    show("Starting PyTorch …")
    from core.engine.engine import Engine

    try:
        engine = Engine(plan, lambda event: show(progress_line(event)), cancelled)
    finally:
        show("")
    for note in engine.loaded.notes:
        print(note, file=sys.stderr)
    return engine


def progress_line(event: Loading) -> str:
    line = f"Loading {event.what}: {format_size(event.done)} of {format_size(event.total)}"
    return f"{line}, {event.seconds_left:.0f} s left" if event.seconds_left is not None else line


def show(line: str) -> None:
    """Replaces the progress line on the terminal; an empty one clears it. Files and pipes get no progress."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{line}", end="", file=sys.stderr, flush=True)
