"""Loads models as the engine process does; prints when it had imported what it needs and when each part was done.

Without an argument the demo pair, else the model in a folder, up to the moment when its weights begin to be read.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

from core.engine.importing import import_engine
from core.locations import DEMO_DRAFT, DEMO_TARGET
from core.machine.probe import probe_machine
from core.models.checkpoint import open_checkpoint
from core.planning.plan import Request
from core.planning.planner import make_plan
from tests.benchmarks.startup_window import say

GIB = 1 << 30


def main() -> None:
    say("began")
    import_engine()
    say("imported")
    from core.engine.warm_up import warm_up

    warm_up()
    say("warm")
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    target = open_checkpoint(folder or DEMO_TARGET)
    say("opened")
    draft = None if folder else open_checkpoint(DEMO_DRAFT)
    # The load ends before it takes any of this.
    machine = replace(probe_machine(folder), ram_total=32 * GIB, ram_available=16 * GIB)
    plan = make_plan(Request(target, draft, device="cpu", context=2048), machine)
    say("planned")

    from core.engine.engine import Engine
    from core.errors import Cancelled

    def reading() -> bool:
        say("reading")
        return True

    try:
        Engine(plan, cancelled=reading if folder else lambda: False).close()
        say("loaded")
    except Cancelled:
        return


if __name__ == "__main__":
    main()
