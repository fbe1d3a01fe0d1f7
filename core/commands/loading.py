"""Loads the models that the options name into an engine of this process, showing how far it is."""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING

from core.commands.options import Pair, choose_pair, make_request
from core.errors import DoesNotFit
from core.machine.bandwidth import survey_drive
from core.machine.machine import Figure, Source
from core.machine.own_memory import resident_bytes
from core.machine.probe import probe_machine
from core.machine.profile import record, recorded
from core.planning.catalogue import published
from core.planning.history import History
from core.planning.knowledge import Knowledge
from core.planning.plan import Plan, Tier
from core.planning.planner import make_plan
from core.planning.sources import SELF

if TYPE_CHECKING:
    from core.engine.engine import Engine


def plan_for(options: argparse.Namespace) -> Plan:
    """The plan that the options ask for, on this machine as it is now; says on stderr if no draft was found for it.

    Raises:
        DoesNotFit, UnusableModel, UnusableDraft, BadRequest.
    """
    pair = choose_pair(options)
    plan = fitting_plan(options, pair)
    if pair.note:
        print(f"{pair.note[0].upper()}{pair.note[1:]}.", file=sys.stderr)
    if SELF in plan.sources:
        print(plan.choice, file=sys.stderr)
    return plan


def fitting_plan(options: argparse.Namespace, pair: Pair) -> Plan:
    """The plan for a pair, by what its runs here taught. A drive to stream from is measured first if it never was.

    Raises:
        DoesNotFit: With what would make it fit.
        BadRequest; ReadFailed if the drive cannot be read.
    """
    request, folder = make_request(options, pair), pair.target.folder
    machine = probe_machine(folder)
    known = Knowledge(History().of(pair.target, pair.draft, machine), published(pair.target, pair.draft))
    plan = make_plan(request, machine, known)
    if plan.fits and Tier.SSD in plan.streamed_tiers and machine.drive_threads.source is Source.ASSUMED:
        show("Measuring the drive …")
        # A profile that cannot be written is no reason not to load.
        with contextlib.suppress(OSError):
            survey_drive(folder)
        show("")
        plan = make_plan(request, probe_machine(folder), known)
    if not plan.fits:
        raise DoesNotFit(f"{pair.target.name} does not fit.", plan.warnings[0])
    return plan


def load_engine(plan: Plan, cancelled: Callable[[], bool]) -> Engine:
    """Loads a plan; imports torch, which takes some seconds. Raises Cancelled, and what `Engine` raises."""
    show("Starting PyTorch …")
    from core.engine.importing import import_engine

    import_engine()
    from core.engine.arithmetic import survey_arithmetic
    from core.engine.engine import Engine

    # For the next plan. A profile that cannot be written is no reason not to load.
    with contextlib.suppress(OSError):
        survey_process()
        survey_arithmetic()
    try:
        engine = Engine(plan, lambda event: show(event.words), cancelled)
    finally:
        show("")
    for note in engine.loaded.notes:
        print(note, file=sys.stderr)
    return engine


def survey_process() -> None:
    """What a process takes before it loads a model, unless that is known. Raises OSError if it cannot be kept."""
    if recorded("engine_bytes") is None:
        from core.engine.warm_up import warm_up

        warm_up()
        how = "Resident memory of a process that had loaded no model."
        record("engine_bytes", Figure(float(resident_bytes()), Source.MEASURED, how, date.today().isoformat()))


def show(line: str) -> None:
    """Replaces the progress line on the terminal; an empty one clears it. Files and pipes get no progress."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{line}", end="", file=sys.stderr, flush=True)
