"""Keeps what was predicted and what was measured, so that the next prediction is better: one SQLite file.

A run belongs to a pair of models, by folder and size, and to a computer, by its processor and accelerators: a model
that was replaced or a new graphics card begins anew.
"""

from __future__ import annotations

import json
import logging
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from core.locations import user_data
from core.machine.machine import Machine
from core.models.spec import ModelSpec
from core.planning.experience import LASTING, Experience, Outcome, Run, Shape
from core.planning.plan import Plan, Tier

FILE_NAME = "runs.sqlite3"
KEPT = 200
"""Runs of a pair that are kept."""

_VERSION = 1
_TABLE = """
CREATE TABLE IF NOT EXISTS runs (
    id INTEGER PRIMARY KEY, pair TEXT NOT NULL, machine TEXT NOT NULL, kind TEXT NOT NULL, at TEXT NOT NULL,
    run TEXT NOT NULL
)
"""
_INDEX = "CREATE INDEX IF NOT EXISTS runs_of_a_pair ON runs (pair, machine, kind, id)"

_SAME = "pair = ?1 AND machine = ?2 AND kind = ?3"
_FORGET = (
    f"DELETE FROM runs WHERE {_SAME} AND id NOT IN (SELECT id FROM runs WHERE {_SAME} ORDER BY id DESC LIMIT {KEPT})"
)

log = logging.getLogger(__name__)


class History:
    """The runs of all pairs on this computer. Any number of programs may write to the file at once.

    What cannot be read or written costs better predictions and nothing else: it is logged, and never an error.

    Args:
        file: Where it is kept; None for the person's data folder.
    """

    def __init__(self, file: Path | None = None) -> None:
        self._file = file

    def add(self, plan: Plan, machine: Machine, actual: Outcome, steps: int = 0) -> Run | None:
        """Keep what a load (no steps) or a reply did, beside what its plan expected. None if it could not be kept."""
        if plan.speed is None or plan.speed.shape is None:
            return None
        when = datetime.now(UTC).isoformat(timespec="seconds")
        run = Run(when, plan.speed.shape, basis_of(plan), expected_of(plan), actual, steps)
        key = (_pair(plan.model, plan.draft), _computer(machine), _kind(steps))
        values = (*key, when, json.dumps(asdict(run)))
        try:
            with self._opened() as connection:
                connection.execute("INSERT INTO runs (pair, machine, kind, at, run) VALUES (?, ?, ?, ?, ?)", values)
                connection.execute(_FORGET, key)
        except (sqlite3.DatabaseError, OSError) as error:
            log.warning("a run was not kept: %s", error)
            return None
        return run

    def of(self, target: ModelSpec, draft: ModelSpec | None, machine: Machine) -> Experience:
        """What replies of a pair did on this computer, and of the target when it drafted for itself."""
        computer, kind = _computer(machine), _kind(1)
        alone = self._runs(_pair(target.folder, None), computer, kind)
        if draft is None:
            return Experience(tuple(alone))
        itself = [run for run in alone if run.shape.itself]
        return Experience((*self._runs(_pair(target.folder, draft.folder), computer, kind), *itself))

    def loads(self, plan: Plan, machine: Machine) -> tuple[Run, ...]:
        """The last loads of a plan's pair, newest first."""
        return tuple(self._runs(_pair(plan.model, plan.draft), _computer(machine), _kind(0)))

    def _runs(self, pair: str, machine: str, kind: str) -> list[Run]:
        query = f"SELECT run FROM runs WHERE pair = ? AND machine = ? AND kind = ? ORDER BY id DESC LIMIT {LASTING}"
        try:
            with self._opened() as connection:
                rows = connection.execute(query, (pair, machine, kind)).fetchall()
        except (sqlite3.DatabaseError, OSError) as error:
            log.warning("earlier runs were not read: %s", error)
            return []
        return [run for (text,) in rows if (run := _read(text)) is not None]

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        """The file, for one transaction."""
        file = self._file or user_data() / FILE_NAME
        with closing(sqlite3.connect(file, timeout=2.0)) as connection:
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            if version == 0:
                connection.execute(_TABLE)
                connection.execute(_INDEX)
                connection.execute(f"PRAGMA user_version = {_VERSION}")
            elif version != _VERSION:
                raise sqlite3.DatabaseError(f"{file} is of version {version}, and this program knows {_VERSION}")
            with connection:
                yield connection


def expected_of(plan: Plan) -> Outcome:
    """What a plan that fits says it will do."""
    speed = plan.speed
    assert speed is not None
    return Outcome(
        step_seconds=speed.step_seconds,
        tokens_per_step=speed.tokens_per_step,
        tokens_per_second=speed.tokens_per_second,
        first_token=speed.first_token,
        ram_bytes=_ours(plan, Tier.RAM),
        vram_bytes=_ours(plan, Tier.VRAM),
    )


def basis_of(plan: Plan) -> Outcome:
    """What it would say without any experience."""
    speed = plan.speed
    assert speed is not None
    return Outcome(
        step_seconds=speed.seconds.total,
        tokens_per_step=speed.tokens_assumed,
        tokens_per_second=speed.tokens_assumed / speed.seconds.total,
        first_token=speed.first_token,
    )


def _ours(plan: Plan, tier: Tier) -> int:
    return next((use.ours for use in plan.use if use.tier is tier), 0)


def _kind(steps: int) -> str:
    return "reply" if steps else "load"


def _pair(model: Path, draft: Path | None) -> str:
    return json.dumps([_identity(model), _identity(draft) if draft else None])


def _identity(folder: Path) -> list[Any]:
    """A model by its folder and the size of its weights."""
    folder = folder.absolute()
    return [str(folder), sum(file.stat().st_size for file in folder.glob("*.safetensors"))]


def _computer(machine: Machine) -> str:
    return json.dumps([machine.cpu, machine.cores, *(card.title for card in machine.devices)])


def _read(text: str) -> Run | None:
    """A run as it was written; None if a line is damaged or of another version."""
    try:
        entry = json.loads(text)
        basis, expected, actual = (Outcome(**entry[name]) for name in ("basis", "expected", "actual"))
        return Run(entry["when"], Shape(**entry["shape"]), basis, expected, actual, entry["steps"])
    except (TypeError, ValueError, KeyError, AttributeError):
        return None
