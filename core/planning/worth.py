"""Which models of the catalogue are worth downloading for a machine: the best plan of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from core.machine.machine import Machine
from core.planning.catalogue import CERTAINTIES, FORMATS, Entry, find_model, models, published
from core.planning.knowledge import Knowledge
from core.planning.plan import Plan, Request, Tier
from core.planning.planner import make_plan

CONTEXT = 8192

DRAFTS = 3
"""Drafts tried for each target: the smallest ones."""


@dataclass(frozen=True)
class Offer:
    """A model of the catalogue in one format on a machine, with the draft that makes it fastest.

    Attributes:
        draft: None where none is faster, or the target is faster drafting for itself.
        request: What was planned for.
        download: Bytes of both.
    """

    entry: Entry
    weight_format: str
    draft: Entry | None
    request: Request
    plan: Plan
    download: int

    @property
    def tokens_per_second(self) -> float:
        """The middle of the range; 0 if it does not fit."""
        return self.plan.speed.tokens_per_second if self.plan.speed else 0.0

    @property
    def certainty(self) -> str:
        """How sure the numbers are of which the plan is made: as in `Entry`, of the less sure of the two."""
        both = [entry.certainty for entry in (self.entry, self.draft) if entry is not None]
        return max(both, key=CERTAINTIES.index)

    @cached_property
    def shares(self) -> dict[Tier, float]:
        """Which share of the target's weights lives in which tier."""
        spec, plan = self.request.model, self.plan
        sizes = Counter({plan.embedding: spec.embedding.bytes})
        sizes[plan.head] += spec.head.bytes
        for layer, tier in zip(spec.layers, plan.layers, strict=True):
            sizes[tier] += layer.bytes
        for experts, tier in zip(spec.expert_groups, plan.experts, strict=True):
            sizes[tier] += sum(expert.bytes for expert in experts)
        return {tier: sizes[tier] / spec.bytes for tier in Tier if sizes[tier]}


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
    enough = 0.9 * max(offer.tokens_per_second for offer in found)
    return next(offer for offer in found if offer.tokens_per_second >= enough)


def _offer(entry: Entry, weight_format: str, machine: Machine, context: int) -> Offer:
    target = entry.spec(weight_format)
    drafts = [None, *(find_model(name) for name in entry.drafts[:DRAFTS])]
    found = []
    for draft in drafts:
        spec = draft.spec(weight_format) if draft else None
        known = Knowledge(published=published(target, spec))
        request = Request(target, spec, context=context, drafter="auto")
        plan = make_plan(request, machine, known)
        # Where the target is faster drafting for itself, the draft need not be had.
        drafted = draft is not None and plan.draft is not None
        size = target.bytes + (spec.bytes if spec and drafted else 0)
        found.append(Offer(entry, weight_format, draft if drafted else None, request, plan, size))
    return max(found, key=lambda offer: offer.tokens_per_second)
