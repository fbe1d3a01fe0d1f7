"""Prints where every layer would live and what speed to expect; loads nothing."""

from __future__ import annotations

import argparse
import json
from dataclasses import replace

from core.commands.options import Pair, add_model_options, choose_pair, make_request
from core.commands.plan_table import draw_offers, draw_plan
from core.commands.what_if import add_what_if_options, machine_for
from core.errors import DoesNotFit
from core.locations import DEMO_TARGET
from core.models.checkpoint import open_checkpoint
from core.planning.catalogue import FORMATS, find_model, published
from core.planning.history import History
from core.planning.knowledge import Knowledge
from core.planning.plan import Request
from core.planning.planner import make_plan, speed_by_budget
from core.planning.worth import offers


def add_options(parser: argparse.ArgumentParser) -> None:
    add_model_options(parser)
    add_what_if_options(parser)
    parser.add_argument("--known", metavar="NAME", help="plan for a model of the catalogue, which need not be here")
    parser.add_argument("--weights", choices=tuple(FORMATS), help="the format of catalogue models (the best)")
    parser.add_argument("--catalogue", action="store_true", help="compare all models of the catalogue")
    parser.add_argument("--json", action="store_true", help="print the plan as JSON")


def run(options: argparse.Namespace) -> int:
    from core.engine.wire import to_jsonable

    if options.catalogue:
        return _compare(options)
    pair = _known_pair(options) if options.known else choose_pair(options)
    here = DEMO_TARGET if options.known else pair.target.folder
    machine = machine_for(options, here)
    learned = History().of(pair.target, pair.draft, machine)
    knowledge = Knowledge(learned, published(pair.target, pair.draft))
    request = make_request(options, pair)
    plan = make_plan(request, machine, knowledge)
    if options.json:
        print(json.dumps(to_jsonable(plan), indent=2))
    else:
        print(draw_plan(plan, pair, speed_by_budget(request, machine, knowledge), learned.errors()))
    return 0 if plan.fits else DoesNotFit.exit_code


def _known_pair(options: argparse.Namespace) -> Pair:
    """A model of the catalogue with the smallest draft that it knows for it, or the one that was named."""
    entry = find_model(options.known)
    weights = options.weights or "16 bits"
    target = entry.spec(weights)
    if options.draft is not None:
        return Pair(target, open_checkpoint(options.draft), "")
    if not entry.drafts or options.drafter == "none":
        return Pair(target, None, "the catalogue knows none for it")
    return Pair(target, find_model(entry.drafts[0]).spec(weights), "")


def _compare(options: argparse.Namespace) -> int:
    from core.engine.wire import to_jsonable

    machine = machine_for(options, DEMO_TARGET)
    base = Request(open_checkpoint(DEMO_TARGET), None)
    found = list(offers(machine, options.weights, options.context or base.context))
    found.sort(key=lambda offer: -offer.tokens_per_second)
    if options.json:
        rows = [
            {
                "model": offer.entry.name,
                "weights": offer.weight_format,
                "draft": offer.draft.name if offer.draft else None,
                "download": offer.download,
                "certainty": offer.certainty,
                "plan": to_jsonable(replace(offer.plan, warnings=())),
            }
            for offer in found
        ]
        print(json.dumps(rows, indent=2))
    else:
        print(draw_offers(found))
    return 0
