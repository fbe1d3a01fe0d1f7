"""The machine that a plan is for: this one, one that a file describes, or either with other parts."""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

from core.errors import BadRequest
from core.machine.machine import Figure, Machine
from core.machine.probe import probe_machine
from core.machine.programs import with_programs
from core.planning.catalogue import cards, drives, with_card, with_drive, with_ram
from core.sizes import parse_size


def add_what_if_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("what if")
    group.add_argument("--machine", type=Path, metavar="FILE", help="plan for the machine that `doctor --json` wrote")
    group.add_argument("--card", metavar="NAME", help=f"with another graphics card: none, {', '.join(_names(cards()))}")
    group.add_argument("--total-ram", type=parse_size, metavar="SIZE", help="with more or less RAM in all")
    group.add_argument("--drive", metavar="NAME", help=f"with another drive: {', '.join(_names(drives()))}")


def machine_for(options: argparse.Namespace, folder: Path) -> Machine:
    """The machine that the options describe.

    Args:
        folder: On the drive whose speed matters.

    Raises:
        BadRequest: A file describes no machine, or there is no such part.
    """
    machine = read_machine(options.machine) if options.machine else with_programs(probe_machine(folder))
    if options.card is not None:
        machine = with_card(machine, None if options.card.lower() == "none" else _named(options.card, cards(), "card"))
    if options.total_ram is not None:
        machine = with_ram(machine, options.total_ram)
    if options.drive is not None:
        machine = with_drive(machine, _named(options.drive, drives(), "drive"))
    return machine


def read_machine(file: Path) -> Machine:
    """The machine described in a JSON file, on its own or within what `penjing doctor --json` prints.

    Raises BadRequest if it cannot be read, or lacks figures, or has some that cannot be.
    """
    from pydantic import ValidationError

    from core.engine.wire import adapter

    try:
        content: Any = json.loads(file.read_bytes())
        machine: Machine = adapter(Machine).validate_python(content.get("machine", content), strict=False)
    except OSError as error:
        raise BadRequest(f"{file} cannot be read: {error.strerror}.", "Check the path.") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        fault = "is missing" if first["type"] == "missing" else f"cannot be {first['input']!r}"
        raise BadRequest(
            f"{file} describes no machine: {where} {fault}.", "Write one with `penjing doctor --json` and change that."
        ) from error
    except (ValueError, AttributeError) as error:
        what = f"{file} describes no machine as this version of Penjing knows them."
        raise BadRequest(what, "Write one with `penjing doctor --json`.") from error
    for fault in _impossible(machine):
        raise BadRequest(f"{file} describes no machine: {fault}.", "Mend that figure.")
    return machine


def _impossible(machine: Machine) -> Iterator[str]:
    """What no machine has, in words."""
    for entry in fields(machine):
        value = getattr(machine, entry.name)
        if isinstance(value, Figure) and not (math.isfinite(value.value) and value.value > 0):
            yield f"{entry.name} must be above zero"
    for name, size in (("ram_total", machine.ram_total), ("cores", machine.cores)):
        if size <= 0:
            yield f"{name} must be above zero"
    if machine.drive_threads.value < 1:
        yield "drive_threads must be 1 or more"
    for name, free, total in (
        ("ram_available", machine.ram_available, machine.ram_total),
        *((f"the free memory of {card.name}", card.free_bytes, card.total_bytes) for card in machine.devices),
    ):
        if free < 0 or total <= 0:
            yield f"{name} must be above zero"
        if free > total:
            yield f"{name} is above all that there is"
    for cost in machine.layers:
        curve = (*cost.rows, *cost.seconds)
        usable = len(cost.rows) == len(cost.seconds) >= 2 and all(math.isfinite(value) and value > 0 for value in curve)
        if not usable or cost.parameters <= 0:
            yield f"what a layer of {cost.shape} takes must be above zero"


def _names(parts: tuple[Any, ...]) -> list[str]:
    return [part.title for part in parts]


def _named(name: str, parts: tuple[Any, ...], what: str) -> Any:
    """The part of that name, or whose name it is a part of."""
    wanted = name.lower().removeprefix("nvidia ").removeprefix("geforce ")
    exact = [part for part in parts if part.title.lower() == wanted]
    found = exact or [part for part in parts if wanted in part.title.lower()]
    if len(found) != 1:
        raise BadRequest(f"The catalogue has no {what} {name!r}.", f"Choose one of: {', '.join(_names(parts))}.")
    return found[0]
