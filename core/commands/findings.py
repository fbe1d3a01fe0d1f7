"""What `penjing doctor` looks at: each check returns what it found, and where something is wrong, what to do."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from core.commands.in_pack import pack_interpreter
from core.commands.versions import PACKAGES, versions
from core.errors import FolderNotWritable, PenjingError
from core.gpu_pack.recipe import find_recipe
from core.hub.pairing import draft_problem
from core.locations import DEMO_DRAFT, DEMO_TARGET, user_data
from core.machine.amd import read_cards
from core.machine.arithmetic import recorded_rates
from core.machine.bandwidth import survey_drive
from core.machine.drive import drive_kind
from core.machine.machine import Device, Figure, Machine, Source
from core.models.checkpoint import open_checkpoint
from core.sizes import format_size

GIB = 1 << 30
LITTLE_RAM = GIB
"""Free beyond what an engine takes by itself; below this even small models crowd other programs out."""

LITTLE_DISK = GIB

PACK_REMEDY = "Get the pack for NVIDIA cards: in the window's settings, under Graphics card."
CUDA_REMEDY = "Install the CUDA build (see pytorch.org)."


@dataclass(frozen=True, slots=True)
class Finding:
    """A fact about this machine. `problem` and `remedy` are sentences, empty if all is well."""

    topic: str
    fact: str
    problem: str = ""
    remedy: str = ""


def look(machine: Machine, folder: Path) -> Iterator[Finding]:
    """Every finding, in the order to print. `folder` is a model whose drive is to be measured."""
    yield processor(machine)
    yield memory(machine)
    yield graphics(machine)
    yield arithmetic(machine)
    yield drive(folder)
    yield packages()
    if sys.platform.startswith("linux"):
        yield qt_libraries()
        yield display()
    yield demo_pair()
    yield data_folder()


def processor(machine: Machine) -> Finding:
    dtype, has = ("bfloat16", "has") if machine.bf16 else ("float32", "has no")
    why = "measured below" if recorded_rates(None) else f"not measured yet, but it {has} bfloat16 instructions"
    return Finding("processor", f"{machine.cpu}, {machine.cores} cores, computes in {dtype} ({why})")


def memory(machine: Machine) -> Finding:
    fact = f"{format_size(machine.ram_available)} of {format_size(machine.ram_total)} available"
    if machine.ram_available < machine.engine_bytes.value + LITTLE_RAM:
        return Finding("memory", fact, "Little RAM is free.", "Close other programs before loading a model.")
    return Finding("memory", fact)


def graphics(machine: Machine) -> Finding:
    if not machine.devices:
        return _without_devices()
    cards = (
        f"{card.title} ({card.name}), {format_size(card.free_bytes)} of {format_size(card.total_bytes)} free"
        for card in machine.devices
    )
    fact = "; ".join(cards)
    if pack_interpreter() is not None:
        return Finding("graphics", f"{fact}; the pack for NVIDIA cards is here")
    if "+cpu" in (versions()["torch"] or ""):
        problem = "This build of PyTorch cannot use the card."
        return Finding("graphics", fact, problem, CUDA_REMEDY if find_recipe() is None else PACK_REMEDY)
    return Finding("graphics", fact)


def _without_devices() -> Finding:
    if not (cards := read_cards()):
        return Finding("graphics", "no card that models could compute on: they compute on the processor")
    fact = "; ".join(f"{card.title}, {format_size(card.free)} of {format_size(card.total)} free" for card in cards)
    problem = "This build of PyTorch cannot use AMD's cards."
    return Finding("graphics", fact, problem, "Install the one for ROCm (pytorch.org); Penjing was never tried on it.")


def arithmetic(machine: Machine) -> Finding:
    """How fast the processor and each accelerator multiply in each number format, as far as that was measured."""
    places: list[Device | None] = [None, *machine.devices]
    rates = [
        f"{place.title if place else 'processor'}: {_rate(dtype, figure)}"
        for place in places
        for dtype, figure in recorded_rates(place).items()
    ]
    facts = rates or [_rate("matrix products", machine.matmul)]
    facts += [f"{name} ({figure.how.rstrip('.')})" for name, figure in _memory_rates(machine)]
    if machine.layers:
        facts.append(f"layers of {len(machine.layers)} shapes measured, last on {max(_dates(machine))}")
    return Finding("arithmetic", "; ".join(facts))


def _memory_rates(machine: Machine) -> Iterator[tuple[str, Figure]]:
    """What memories were measured to deliver."""
    for name, figure in (
        ("RAM", machine.memory_read),
        ("card's memory", machine.device_read),
        ("copies to the card", machine.host_to_device),
        ("copies of ordinary memory", machine.host_to_device_pageable),
    ):
        if figure is not None and figure.source is Source.MEASURED:
            yield f"{name} at {figure.value / 1e9:.1f} GB/s", figure


def _dates(machine: Machine) -> list[str]:
    return [cost.when or "" for cost in machine.layers]


def _rate(what: str, figure: Figure) -> str:
    when = f", {figure.when}" if figure.when else ""
    return f"{what} at {figure.value / 1e9:.0f} GFLOP/s ({figure.how.rstrip('.')}{when})"


def drive(folder: Path) -> Finding:
    """Measures the drive that holds a model, and keeps the figure for later plans."""
    try:
        speed = survey_drive(folder)
    except PenjingError as error:
        return Finding("drive", "not measured", error.what, error.remedy)
    except OSError as error:
        return Finding("drive", "not kept", f"The figures cannot be written: {error}.", "See the data folder below.")
    kind = drive_kind(folder)
    return Finding("drive", f"{f'{kind}, ' if kind else ''}{speed.read.value / 1e9:.2f} GB/s. {speed.read.how}")


def packages() -> Finding:
    found = versions()
    fact = ", ".join(f"{name} {number or 'missing'}" for name, number in found.items())
    missing = [name for name in PACKAGES if found[name] is None]
    if missing:
        remedy = "Install Penjing with its dependencies: `make run` in a clone does."
        return Finding("packages", fact, f"Not installed: {', '.join(missing)}.", remedy)
    if found["PySide6_Essentials"] == "6.12.0" and sys.version_info < (3, 12):
        problem = "PySide6 6.12.0 aborts on Python 3.11."
        return Finding("packages", fact, problem, "Install PySide6-Essentials 6.11.3.")
    return Finding("packages", fact)


def qt_libraries() -> Finding:
    """What Qt's window plug-in needs of the system, as the dynamic linker itself sees it."""
    spec = importlib.util.find_spec("PySide6")
    linker = shutil.which("ldd")
    if spec is None or not spec.submodule_search_locations or linker is None:
        return Finding("Qt libraries", "not checked: there is no PySide6 or no ldd")
    plugin = Path(spec.submodule_search_locations[0]) / "Qt/plugins/platforms/libqxcb.so"
    answer = subprocess.run([linker, str(plugin)], capture_output=True, text=True, check=False).stdout
    missing = sorted({line.split()[0] for line in answer.splitlines() if line.endswith("not found")})
    if missing:
        remedy = "Install the packages that hold them; Penjing's Debian package brings them all."
        problem = f"The window needs libraries that the system lacks: {', '.join(missing)}."
        return Finding("Qt libraries", f"{len(missing)} missing", problem, remedy)
    return Finding("Qt libraries", "complete")


def display() -> Finding:
    for name in ("WAYLAND_DISPLAY", "DISPLAY"):
        if os.environ.get(name):
            return Finding("display", f"{name}={os.environ[name]}")
    return Finding("display", "none here: `penjing chat` is the same chat in the terminal")


def demo_pair() -> Finding:
    try:
        target, draft = open_checkpoint(DEMO_TARGET), open_checkpoint(DEMO_DRAFT)
        problem = draft_problem(target, draft)
    except PenjingError as error:
        return Finding("demo models", "not usable", error.what, "Get a complete copy of Penjing.")
    fact = f"{target.name}, {format_size(target.bytes)}, and {draft.name}, {format_size(draft.bytes)}"
    return Finding("demo models", fact, problem or "", "Get a complete copy of Penjing." if problem else "")


def data_folder() -> Finding:
    """Whether chats, settings and logs can be written."""
    remedy = "Make it writable or free some space, or set PENJING_HOME to another folder."
    try:
        folder = user_data()
        with tempfile.TemporaryFile(dir=folder):
            free = shutil.disk_usage(folder).free
    except FolderNotWritable as error:
        return Finding("data folder", "not usable", error.what, error.remedy)
    except OSError as error:
        return Finding("data folder", "not usable", f"{error.filename} cannot be written: {error.strerror}.", remedy)
    fact = f"{folder}, {format_size(free)} free"
    if free < LITTLE_DISK:
        return Finding("data folder", fact, "The disk is nearly full.", remedy)
    return Finding("data folder", fact)
