"""The options that subcommands share, and what they ask for: a model to open, a placement, sampling settings."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

from core.errors import BadRequest, UnusableDraft
from core.hub.library import installed_models
from core.hub.pairing import draft_problem, suggest_draft
from core.locations import DEMO_TARGET
from core.models.checkpoint import open_checkpoint
from core.models.spec import ModelSpec
from core.planning.plan import Request, Tier
from core.planning.sources import GROWTHS, SOURCES, check_growth, sources_named
from core.planning.weights import KV_BYTES
from core.sampling.settings import Sampling
from core.sizes import parse_size

CONTEXT = 8192
"""Tokens of context if nobody asks for another number: what a long conversation takes."""


@dataclass(frozen=True)
class Pair:
    """The models of a run. `note` says, where there is no draft model though one was wanted, why not."""

    target: ModelSpec
    draft: ModelSpec | None
    note: str


def add_model_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("model and placement")
    group.add_argument("--model", type=Path, default=DEMO_TARGET, metavar="DIR", help="the model's folder (the demo)")
    group.add_argument("--draft", type=Path, metavar="DIR", help="a draft model's folder (the best one installed)")
    tiers = ("auto", *(tier.value for tier in Tier))
    where = "where the draft's weights live (auto: where layers compute)"
    group.add_argument("--draft-tier", default="auto", choices=tiers, help=where)
    names = f"auto, none, or some of {', '.join(SOURCES)}, joined by + (auto)"
    group.add_argument("--drafter", default="auto", metavar="NAME", help=names)
    growths = f"how trees grow: {', '.join(GROWTHS)} ({GROWTHS[0]})"
    group.add_argument("--growth", default=GROWTHS[0], metavar="NAME", help=growths)
    layers = "layers that --drafter exit runs through, such as 0-3,7 (the resident ones)"
    group.add_argument("--exit-layers", type=parse_layers, metavar="LIST", help=layers)
    group.add_argument("--device", default="auto", metavar="NAME", help="auto, cpu or cuda:N (auto)")
    group.add_argument("--vram", type=parse_size, metavar="SIZE", help="most the engine takes on the device")
    group.add_argument("--ram", type=parse_size, metavar="SIZE", help="most resident memory the engine takes")
    group.add_argument("--context", type=parse_count, metavar="N", help="tokens (8192, or the model's own limit)")
    group.add_argument("--budget", type=parse_budget, metavar="N", help="nodes per tree, or auto (auto)")
    dtypes = ("auto", "float32", "bfloat16", "float16")
    group.add_argument("--dtype", default="auto", choices=dtypes, help="what weights are computed in (auto)")
    kept = ("auto", *KV_BYTES)
    group.add_argument("--kv-dtype", default="auto", choices=kept, help="what keys and values are kept in (as --dtype)")


def add_sampling_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("sampling")
    group.add_argument("--temperature", type=float, default=0.0, metavar="T", help="0 takes the best token always (0)")
    group.add_argument("--top-p", type=float, default=1.0, metavar="P", help="1 keeps all (1)")
    group.add_argument("--top-k", type=int, default=0, metavar="K", help="0 keeps all (0)")
    group.add_argument("--min-p", type=float, default=0.0, metavar="P", help="0 keeps all (0)")
    group.add_argument("--repetition-penalty", type=float, default=1.0, metavar="R", help="1 is off (1)")
    group.add_argument("--seed", type=int, default=0, metavar="N", help="the same seed gives the same reply (0)")
    group.add_argument("--max-new-tokens", type=parse_count, metavar="N", help="(as many as the context holds)")


def parse_budget(text: str) -> int | None:
    """Nodes per tree; None leaves them to the planner."""
    return None if text == "auto" else parse_count(text)


def parse_count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise BadRequest(f"{text!r} is not a count.", "Write a whole number from 1 up.")
    return int(text)


def parse_layers(text: str) -> tuple[int, ...]:
    """Numbers and ranges of them, joined by commas."""
    layers: list[int] = []
    for part in text.split(","):
        first, _, last = part.partition("-")
        if not (first.isdecimal() and (last or first).isdecimal() and int(first) <= int(last or first)):
            raise BadRequest(f"{text!r} is no list of layers.", "Write numbers and ranges, such as 0-3,7.")
        layers += range(int(first), int(last or first) + 1)
    return tuple(layers)


def choose_pair(options: argparse.Namespace) -> Pair:
    """The target and its draft, as the options say.

    Raises:
        UnusableModel, UnusableDraft, BadRequest.
    """
    sources = sources_named(options.drafter, drafted=True)
    check_growth(options.growth)
    target = open_checkpoint(options.model)
    if "model" not in sources:
        return Pair(target, None, "")
    if options.draft is not None:
        return Pair(target, open_draft(target, options.draft), "")
    draft = suggest_draft(target, installed_models())
    if draft is not None:
        return Pair(target, draft.spec, "")
    if options.drafter != "auto":
        raise UnusableDraft(f"No installed model can draft for {target.name}.", "Name one with --draft DIR.")
    return Pair(target, None, f"no installed model can draft for {target.name}: only what it wrote before is drafted")


def open_draft(target: ModelSpec, folder: Path) -> ModelSpec:
    """The draft model in a folder, sure to fit the target."""
    draft = open_checkpoint(folder)
    problem = draft_problem(target, draft)
    if problem is not None:
        remedy = "Choose a draft with the target's tokenizer, or add --drafter none."
        raise UnusableDraft(f"{draft.name} cannot draft for {target.name}: {problem[0].lower()}{problem[1:]}", remedy)
    return draft


def make_request(options: argparse.Namespace, pair: Pair) -> Request:
    return Request(
        model=pair.target,
        draft=pair.draft,
        device=options.device,
        context=options.context or min(CONTEXT, pair.target.context_limit),
        vram_limit=options.vram,
        ram_limit=options.ram,
        dtype=options.dtype,
        kv_dtype=options.kv_dtype,
        draft_tier=options.draft_tier,
        budget=options.budget,
        drafter=options.drafter,
        growth=options.growth,
        exit_layers=options.exit_layers,
    )


def make_sampling(options: argparse.Namespace) -> Sampling:
    return Sampling(
        temperature=options.temperature,
        top_p=options.top_p,
        top_k=options.top_k,
        min_p=options.min_p,
        repetition_penalty=options.repetition_penalty,
        seed=options.seed,
    )
