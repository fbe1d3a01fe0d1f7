"""Well-known models and parts of machines, for questions about what is not here: read from `resources/catalogue`.

Each entry names its source; `certainty` says whether that is a file that was looked at ("sourced"), or memory.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from core.errors import BadRequest
from core.locations import RESOURCES
from core.machine.machine import Device, Figure, Machine, Source
from core.models.spec import ModelSpec
from core.planning.blueprint import Blueprint
from core.planning.knowledge import Published

FOLDER = RESOURCES / "catalogue"

FORMATS = {"16 bits": 2.0, "8 bits": 1.03, "4 bits": 0.56}
"""Bytes per weight, with scales, of the formats in which models are mostly offered."""

CERTAINTIES = ("sourced", "recalled", "unsourced")
"""Whether a model's numbers are from a file that was looked at, or from memory, with a source to check by or none."""

_NUMBERS = (
    "name",
    "family",
    "layers",
    "hidden",
    "intermediate",
    "heads",
    "kv_heads",
    "head_dim",
    "vocabulary",
    "experts",
    "experts_per_token",
    "tied",
    "context_limit",
    "sliding_window",
)


@dataclass(frozen=True, slots=True)
class Entry:
    """A model.

    Attributes:
        drafts: Names of those that can draft for it, smallest first.
        certainty: One of `CERTAINTIES`.
    """

    blueprint: Blueprint
    role: str
    drafts: tuple[str, ...]
    certainty: str
    note: str
    source: str

    @property
    def name(self) -> str:
        return self.blueprint.name

    def spec(self, weight_format: str = "16 bits") -> ModelSpec:
        """What its checkpoint would be in one of `FORMATS`."""
        return _spec(self.blueprint, weight_format)


@dataclass(frozen=True, slots=True)
class Card:
    """An accelerator as its maker describes it. Bytes; bytes and operations per second."""

    title: str
    bytes: int
    bus: float
    memory_read: float
    matmul: float
    source: str


@dataclass(frozen=True, slots=True)
class Drive:
    """A kind of drive. Bytes per second."""

    title: str
    read: float
    threads: int
    source: str


@lru_cache(maxsize=1)
def models() -> tuple[Entry, ...]:
    """All models, targets and drafts."""
    return tuple(_entry(content) for content in _read("models.json")["models"])


@lru_cache(maxsize=1)
def cards() -> tuple[Card, ...]:
    """Accelerators, oldest first."""
    return tuple(Card(**content) for content in _read("machines.json")["cards"])


@lru_cache(maxsize=1)
def drives() -> tuple[Drive, ...]:
    """Kinds of drives, slowest first."""
    return tuple(Drive(**content) for content in _read("machines.json")["drives"])


@lru_cache(maxsize=1)
def ram_sizes() -> tuple[int, ...]:
    """Usual sizes of RAM."""
    return tuple(_read("machines.json")["ram"])


def find_model(name: str) -> Entry:
    """The model of that name, or of which that is the last part. Raises BadRequest if there is none."""
    wanted = name.lower()
    for entry in models():
        if wanted in (entry.name.lower(), entry.name.split("/")[-1].lower()):
            return entry
    raise BadRequest(f"The catalogue has no model named {name}.", "`penjing plan --catalogue` lists all that it has.")


def published(target: ModelSpec, draft: ModelSpec | None) -> Published | None:
    """Tokens per step that somebody published for such a pair; None if the catalogue has no figure."""
    if draft is None:
        return None
    for entry in _read("models.json")["published"]:
        if _alike(entry["target"], target.name) and _alike(entry["draft"], draft.name):
            return Published(entry["budget"], entry["tokens_per_step"], entry["source"])
    return None


def with_card(machine: Machine, card: Card | None) -> Machine:
    """A computer with another accelerator, or with none."""
    if card is None:
        return replace(machine, devices=(), host_to_device=None, host_to_device_pageable=None, device_read=None)
    how = f"{card.title}: {card.source}."
    return replace(
        machine,
        devices=(Device("cuda:0", card.title, card.bytes, card.bytes),),
        matmul=Figure(card.matmul, Source.VENDOR, how),
        host_to_device=Figure(card.bus, Source.VENDOR, how),
        host_to_device_pageable=None,
        device_read=Figure(card.memory_read, Source.VENDOR, how),
    )


def with_ram(machine: Machine, total: int) -> Machine:
    """A computer with more or less RAM, of which other programs take as much as now."""
    others = machine.ram_total - machine.ram_available
    return replace(machine, ram_total=total, ram_available=max(0, total - others))


def with_drive(machine: Machine, drive: Drive) -> Machine:
    """A computer with another drive."""
    how = f"{drive.title}: {drive.source}."
    return replace(
        machine,
        drive=drive.title,
        drive_read=Figure(drive.read, Source.VENDOR, how),
        drive_threads=Figure(float(drive.threads), Source.VENDOR, how),
    )


def _alike(part: str, name: str) -> bool:
    """Whether a checkpoint is one of those that a published figure speaks of: "Llama-2-70b" speaks of its variants."""
    return name.lower().split("/")[-1] == part.lower() or name.lower().split("/")[-1].startswith(part.lower() + "-")


@lru_cache(maxsize=128)
def _spec(blueprint: Blueprint, weight_format: str) -> ModelSpec:
    """Kept, for what is worked out of a spec is kept by its identity."""
    return replace(blueprint, weight_bytes=FORMATS[weight_format]).spec()


def _entry(content: dict[str, Any]) -> Entry:
    return Entry(
        Blueprint(**{name: content[name] for name in _NUMBERS}),
        content["role"],
        tuple(content["drafts"]),
        content["certainty"],
        content["note"],
        content["source"],
    )


@lru_cache(maxsize=2)
def _read(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FOLDER / name).read_text(encoding="utf-8"))
    return found
