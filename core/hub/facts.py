"""What a list of models shows of each, read once from its folder and kept until something in the folder changes."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from core.errors import UnusableModel
from core.hub.precision import bits_of, precision
from core.locations import user_data
from core.models.bounded_json import read_object
from core.models.gguf.header import read_gguf
from core.models.gguf.model import find_gguf
from core.models.spec import ModelSpec

FILE_NAME = "library.json"
VERSION = 2
"""Of the kept facts; another one makes them be read anew."""

TEMPLATES = ("chat_template.jinja", "chat_template.json")
CARD_HEAD = 8192
"""Bytes of a model's card in which its licence stands, if it says so at all."""

LICENCE = re.compile(r"^license:\s*[\"']?([A-Za-z0-9][\w.+-]{0,60})[\"']?\s*$", re.MULTILINE)

Fingerprint = list[list[str | int]]


@dataclass(frozen=True)
class Facts:
    """A usable model in brief.

    Attributes:
        bytes: Of the weights that run.
        precision: The number format of the weights, such as "bf16" or "awq 4-bit".
        bits: Of a weight in a layer, on average.
        chat_template: Whether it says how a conversation is laid out for it.
        licence: As its card names it, or None.
    """

    family: str
    parameters: int
    layers: int
    bytes: int
    precision: str
    bits: float
    context: int
    chat_template: bool
    licence: str | None


def read_facts(spec: ModelSpec) -> Facts:
    return Facts(
        family=spec.family,
        parameters=spec.parameters,
        layers=len(spec.layers),
        bytes=spec.bytes,
        precision=precision(spec),
        bits=round(bits_of(spec), 2),
        context=spec.context_limit,
        chat_template=_has_template(spec.folder),
        licence=_licence(spec.folder),
    )


def fingerprint(folder: Path) -> Fingerprint:
    """What changes whenever a file in a folder, or beside a file, does: names, sizes and times, links followed."""
    entries: Fingerprint = []
    try:
        with os.scandir(folder.parent if folder.is_file() else folder) as found:
            for entry in found:
                status = entry.stat()
                entries.append([entry.name, status.st_size, status.st_mtime_ns])
    except OSError:  # Whoever opens the folder says what is wrong.
        return []
    return sorted(entries)


class KeptFacts:
    """The facts of models by folder, in one file of the person's data folder. Those of other versions are forgotten."""

    def __init__(self) -> None:
        self._file = user_data() / FILE_NAME
        self._kept = self._load()
        self._used: dict[str, dict[str, Any]] = {}

    def get(self, folder: Path, now: Fingerprint) -> Facts | None:
        """The facts of a folder, if nothing in it has changed since they were read."""
        entry = self._kept.get(str(folder))
        if not now or not isinstance(entry, dict) or entry.get("fingerprint") != now:
            return None
        try:
            facts = Facts(**entry["facts"])
        except (KeyError, TypeError):  # Written by another hand: they are read again.
            return None
        self._used[str(folder)] = entry
        return facts

    def put(self, folder: Path, now: Fingerprint, facts: Facts) -> None:
        self._used[str(folder)] = {"fingerprint": now, "facts": asdict(facts)}

    def save(self) -> None:
        """Keep what was got and put, and forget folders that are gone. Raises OSError."""
        if self._used == self._kept:
            return
        fresh = self._file.with_name(f"{FILE_NAME}.{os.getpid()}")
        fresh.write_text(json.dumps({"version": VERSION, "models": self._used}), "utf-8")
        fresh.replace(self._file)
        self._kept = dict(self._used)

    def _load(self) -> Mapping[str, Any]:
        try:
            content = json.loads(self._file.read_bytes())
        except (OSError, ValueError):  # Missing or damaged: everything is read anew.
            return {}
        match content:
            case {"version": version, "models": dict(models)} if version == VERSION:
                return models
            case _:
                return {}


def _has_template(path: Path) -> bool:
    gguf = find_gguf(path)
    if gguf is not None and isinstance(read_gguf(gguf).entries.get("tokenizer.chat_template"), str):
        return True
    folder = gguf.parent if gguf else path
    if any((folder / name).is_file() for name in TEMPLATES):
        return True
    try:
        return bool(read_object(folder / "tokenizer_config.json", 64 << 20).get("chat_template"))
    except (FileNotFoundError, UnusableModel):
        return False


def _licence(path: Path) -> str | None:
    folder = path.parent if path.is_file() else path
    try:
        with (folder / "README.md").open("rb") as card:
            head = card.read(CARD_HEAD).decode("utf-8", "replace")
    except OSError:
        return None
    found = LICENCE.search(head.split("\n---", 1)[0]) if head.startswith("---") else None
    return found[1] if found else None
