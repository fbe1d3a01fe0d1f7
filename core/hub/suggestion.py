"""What is worth suggesting: drafts by what they did here and what the catalogue pairs, models by how they would run."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from core.hub.verdict import Fit, Verdict, judge
from core.machine.machine import Machine
from core.machine.probe import probe_machine
from core.models.layouts import FAMILIES
from core.models.spec import ModelSpec
from core.planning.catalogue import models
from core.planning.history import History

CHATTING = re.compile(r"instruct|chat|[-_]it\b|gpt-oss|qwen3", re.IGNORECASE)
"""In the names of models that were made for conversations."""

FEWEST_STEPS = 20
"""Below this a measured figure says little."""


def plain_name(name: str) -> str:
    """A model's name without its owner's: copies by others, and folders that were renamed so, are the same model."""
    return name.rsplit("/", 1)[-1].casefold()


def catalogue_partners(target: str) -> frozenset[str]:
    """The plain names of models that the catalogue has as drafts for the one of this name."""
    wanted = plain_name(target)
    return frozenset(
        plain_name(draft) for entry in models() if plain_name(entry.name) == wanted for draft in entry.drafts
    )


def measured_tokens_per_step(target: ModelSpec, drafts: Sequence[ModelSpec]) -> dict[Path, float]:
    """What drafts reached with a target on this computer, by folder; those with too few steps are left out."""
    history, reached = History(), dict[Path, float]()
    if not drafts:
        return reached
    machine = probe_machine(target.folder)
    for draft in drafts:
        runs = history.of(target, draft, machine).runs
        steps = sum(run.steps for run in runs)
        if steps >= FEWEST_STEPS:
            reached[draft.folder] = sum(run.actual.tokens_per_step * run.steps for run in runs) / steps
    return reached


def models_for(machine: Machine, room: Path, most: int = 3) -> list[tuple[str, Verdict]]:
    """The best chat models of the catalogue for a machine, by name, each with how it would run if it were here."""
    judged = [
        (entry.name, judge(spec, machine, room, spec.bytes))
        for entry in models()
        if entry.blueprint.family in FAMILIES and CHATTING.search(entry.name)
        for spec in (entry.spec(),)
    ]
    running = [pair for pair in judged if pair[1].fit in (Fit.COMFORTABLE, Fit.SLOW)]
    return sorted(running, key=lambda pair: pair[1].rank)[:most]
