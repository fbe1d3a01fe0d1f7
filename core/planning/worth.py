"""Which models of the catalogue are worth downloading for a machine: the best plan of each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from core.machine.machine import Machine
from core.planning.catalogue import FORMATS, Entry, find_model, models, published
from core.planning.knowledge import Knowledge
from core.planning.plan import Plan, Request
from core.planning.planner import make_plan

CONTEXT = 8192

DRAFTS = 3
"""Drafts tried for each target: the smallest ones."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A model of the catalogue in one format on a machine, with the draft that makes it fastest.

    Attributes:
        download: Bytes of both.
    """

    entry: Entry
    weight_format: str
    draft: Entry | None
    plan: Plan
    download: int


def offers(machine: Machine, weight_format: str | None = None, context: int = CONTEXT) -> Iterator[Offer]:
    """Every target of the catalogue on a machine.

    Args:
        weight_format: One of `FORMATS`; None for the widest that reaches nearly the best speed, for narrower ones lose
            some of what a model can.
    """
    for entry in models():
        if entry.role == "target":
            formats = FORMATS if weight_format is None else (weight_format,)
            yield _best([_offer(entry, name, machine, context) for name in formats])


def _best(found: list[Offer]) -> Offer:
    """The first of the offers, widest first, that reaches nearly the highest speed."""
    enough = 0.9 * max(_rate(offer) for offer in found)
    return next(offer for offer in found if _rate(offer) >= enough)


def _offer(entry: Entry, weight_format: str, machine: Machine, context: int) -> Offer:
    target = entry.spec(weight_format)
    drafts = [None, *(find_model(name) for name in entry.drafts[:DRAFTS])]
    found = []
    for draft in drafts:
        spec = draft.spec(weight_format) if draft else None
        known = Knowledge(published=published(target, spec))
        plan = make_plan(Request(target, spec, context=context, drafter="auto"), machine, known)
        found.append(Offer(entry, weight_format, draft, plan, target.bytes + (spec.bytes if spec else 0)))
    return max(found, key=_rate)


def _rate(offer: Offer) -> float:
    return offer.plan.speed.tokens_per_second if offer.plan.speed else 0.0
