"""Which one download to recommend to somebody who has no models yet: the best of the catalogue for this computer."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from core.hub.suggestion import models_for
from core.hub.verdict import CONTEXT
from core.machine.machine import Machine
from core.planning.catalogue import Entry, find_model, models, published
from core.planning.knowledge import Knowledge
from core.planning.plan import Plan, Request, Speed
from core.planning.planner import make_plan

ASK_FIRST = frozenset({"CohereForAI", "google", "meta-llama"})
"""Owners who want their licence accepted on the hub before a download: more than a first step should ask for."""

WORTH_A_DRAFT = 1.1
"""How much faster a draft model must make its target to be downloaded with it."""


@dataclass(frozen=True, slots=True)
class Recommendation:
    """A model of the catalogue, as it is published.

    Attributes:
        draft: The model to fetch with it; "" where it is fast enough alone.
        bytes: Of both.
    """

    target: str
    draft: str
    bytes: int
    speed: Speed

    @property
    def repositories(self) -> tuple[str, ...]:
        """What to download, the target first."""
        return (self.target, self.draft) if self.draft else (self.target,)


def recommend(machine: Machine, room: Path) -> Recommendation | None:
    """The largest model that runs at reading speed on a machine, or else the fastest, with the draft that helps most.

    Args:
        room: The folder that it would be downloaded to. What does not fit there is not recommended.
    """
    for name, _ in models_for(machine, room, most=len(models())):
        if _owner(name) not in ASK_FIRST:
            return _paired(find_model(name), machine, shutil.disk_usage(room).free)
    return None


def _paired(target: Entry, machine: Machine, free: int) -> Recommendation:
    """A target that fits into so many free bytes, with a draft if that fits too and is worth it."""
    alone = _plan(target, None, machine)
    assert alone.speed is not None
    best = Recommendation(target.name, "", target.spec().bytes, alone.speed)
    least = WORTH_A_DRAFT * alone.speed.tokens_per_second
    for draft in map(find_model, target.drafts):
        speed = _plan(target, draft, machine).speed
        size = target.spec().bytes + draft.spec().bytes
        if _owner(draft.name) in ASK_FIRST or size > free or speed is None:
            continue
        if speed.tokens_per_second >= max(least, best.speed.tokens_per_second):
            best = Recommendation(target.name, draft.name, size, speed)
    return best


def _plan(target: Entry, draft: Entry | None, machine: Machine) -> Plan:
    model, guesser = target.spec(), draft.spec() if draft is not None else None
    request = Request(model, guesser, context=min(CONTEXT, model.context_limit), drafter="auto")
    return make_plan(request, machine, Knowledge(published=published(model, guesser)))


def _owner(name: str) -> str:
    return name.partition("/")[0]
