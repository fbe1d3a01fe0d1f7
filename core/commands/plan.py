"""Prints where every layer would live and what speed to expect; loads nothing."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from core.commands.options import add_model_options, choose_pair, make_request
from core.commands.plan_table import draw_plan
from core.errors import BadRequest, DoesNotFit
from core.machine.machine import Machine
from core.machine.probe import probe_machine
from core.planning.planner import make_plan


def add_options(parser: argparse.ArgumentParser) -> None:
    add_model_options(parser)
    parser.add_argument("--machine", type=Path, metavar="FILE", help="plan for the machine that `doctor --json` wrote")
    parser.add_argument("--json", action="store_true", help="print the plan as JSON")


def run(options: argparse.Namespace) -> int:
    from core.engine.wire import to_jsonable

    pair = choose_pair(options)
    machine = read_machine(options.machine) if options.machine else probe_machine(pair.target.folder)
    plan = make_plan(make_request(options, pair), machine)
    if options.json:
        print(json.dumps(to_jsonable(plan), indent=2))
    else:
        print(draw_plan(plan, pair))
    return 0 if plan.fits else DoesNotFit.exit_code


def read_machine(file: Path) -> Machine:
    """The machine described in a JSON file, on its own or within what `penjing doctor --json` prints."""
    from core.engine.wire import adapter

    try:
        content = json.loads(file.read_bytes())
        machine: Machine = adapter(Machine).validate_python(content.get("machine", content), strict=False)
    except OSError as error:
        raise BadRequest(f"{file} cannot be read: {error.strerror}.", "Check the path.") from error
    except (ValueError, AttributeError) as error:
        what = f"{file} describes no machine as this version of Penjing knows them."
        raise BadRequest(what, "Write one with `penjing doctor --json`.") from error
    return machine
