"""Measures speed on a file of prompts, against plain decoding and other programs."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from core.commands.contestants import CONTESTANTS, Job, run_contestant
from core.commands.loading import fitting_plan, show
from core.commands.options import add_model_options, add_sampling_options, choose_pair, make_sampling
from core.commands.versions import versions
from core.decoding.report import ReplySummary, sum_sources
from core.errors import BadRequest
from core.machine.probe import probe_machine
from core.sizes import format_size

OURS = "penjing"
PEERS = tuple(name for name in CONTESTANTS if name != OURS)
Replies = list[list[ReplySummary]]
"""Per conversation, per turn."""


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--prompts", type=Path, required=True, metavar="F", help="JSON lines with prompt or turns")
    parser.add_argument("--against", default="plain", metavar="NAME,…", help=f"any of {', '.join(PEERS)} (plain)")
    parser.add_argument("--json", type=Path, metavar="OUT", help="file for every figure")
    add_model_options(parser)
    add_sampling_options(parser)


def run(options: argparse.Namespace) -> int:
    peers = read_peers(options.against)
    conversations = read_conversations(options.prompts)
    if options.json and not options.json.parent.is_dir():
        raise BadRequest(f"There is no folder {options.json.parent}.", "Make it first, or write elsewhere.")
    pair = choose_pair(options)
    plan = fitting_plan(options, pair)
    plain = argparse.Namespace(**{**vars(options), "drafter": "none"})
    without_draft = fitting_plan(plain, replace(pair, draft=None))
    job = Job(plan, conversations, make_sampling(options), options.max_new_tokens, options.budget is not None)
    results = {OURS: contend(OURS, job)}
    for peer in peers:
        results[peer] = contend(peer, replace(job, plan=without_draft))
    report = as_object(job, results)
    print(as_table(report))
    if options.json:
        options.json.write_text(json.dumps(report, indent=1), encoding="utf-8")
    return 0


def read_peers(names: str) -> list[str]:
    peers = [name.strip() for name in names.split(",") if name.strip()]
    for name in peers:
        if name not in PEERS:
            raise BadRequest(f"There is no peer named {name!r}.", f"Choose from {', '.join(PEERS)}.")
    return peers


def read_conversations(file: Path) -> tuple[tuple[str, ...], ...]:
    """The user's turns of each line: its `turns` (a list of texts), `prompt` or `question`."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BadRequest(f"{file} cannot be read: {error}.", "Name a file of JSON lines.") from error
    conversations = tuple(_turns(line, number, file) for number, line in enumerate(lines, 1) if line.strip())
    if not conversations:
        raise BadRequest(f"{file} holds no prompts.", "Write one JSON object with a `prompt` on each line.")
    return conversations


def _turns(line: str, number: int, file: Path) -> tuple[str, ...]:
    try:
        entry = json.loads(line)
    except ValueError:
        entry = None
    match entry:
        case {"turns": [*turns]} if turns and all(isinstance(turn, str) for turn in turns):
            return tuple(turns)
        case {"prompt": str(prompt)} | {"question": str(prompt)}:
            return (prompt,)
    raise BadRequest(f"Line {number} of {file} holds no prompt.", "Write a JSON object with `prompt` or `turns`.")


def contend(name: str, job: Job) -> Replies:
    replies: Replies = []
    show(f"{name}: loading …")
    for replied in run_contestant(name, job):
        replies.append(replied)
        show(f"{name}: {len(replies)} of {len(job.conversations)} prompts")
    show("")
    return replies


def as_object(job: Job, results: dict[str, Replies]) -> dict[str, Any]:
    """What `--json` writes: the run, each contestant's figures, and the ratios within this run."""
    from core.engine.wire import to_jsonable

    totals = {name: total(replies) for name, replies in results.items()}
    return {
        "machine": to_jsonable(probe_machine(job.plan.model)),
        "versions": versions(),
        "command": sys.argv,
        "plan": to_jsonable(job.plan),
        "sampling": to_jsonable(job.sampling),
        "contestants": {
            name: {
                "total": totals[name],
                "prompts": [
                    {"turns": list(turns), "replies": [to_jsonable(reply) for reply in replied]}
                    for turns, replied in zip(job.conversations, replies, strict=True)
                ],
            }
            for name, replies in results.items()
        },
        "against": {
            name: {
                "tokens_per_second_ratio": ratio(totals[OURS], totals[name]),
                "same_replies": same_replies(results[OURS], replies),
            }
            for name, replies in results.items()
            if name != OURS
        },
    }


def total(replies: Replies) -> dict[str, Any]:
    """One contestant's figures over all replies. As in each reply, speed leaves out the step that reads the prompt."""
    flat = [reply for replied in replies for reply in replied]
    seconds = [reply.seconds - reply.seconds_to_first_token for reply in flat]
    decoded = sum(reply.tokens_per_second * taken for reply, taken in zip(flat, seconds, strict=True))
    tokens, steps = sum(len(reply.token_ids) for reply in flat), sum(reply.steps for reply in flat)
    return {
        "replies": len(flat),
        "tokens": tokens,
        "steps": steps,
        "tokens_per_step": tokens / steps if steps else 0.0,
        "tokens_per_second": decoded / sum(seconds) if sum(seconds) else 0.0,
        "seconds_to_first_token": sum(reply.seconds_to_first_token for reply in flat) / len(flat),
        "seconds": sum(reply.seconds for reply in flat),
        "peak_ram_bytes": max(reply.peak_ram_bytes for reply in flat),
        "peak_vram_bytes": max(reply.peak_vram_bytes for reply in flat),
        "sources": {
            name: {"nodes": source.nodes, "accepted": source.accepted, "seconds": source.seconds}
            for name, source in sum_sources(reply.sources for reply in flat).items()
        },
    }


def ratio(ours: dict[str, Any], theirs: dict[str, Any]) -> float | None:
    """How many times as fast we were; None if the other wrote too little to have a speed."""
    return ours["tokens_per_second"] / theirs["tokens_per_second"] if theirs["tokens_per_second"] else None


def same_replies(ours: Replies, theirs: Replies) -> int:
    """Replies that are equal token by token."""
    pairs = (zip(mine, other, strict=True) for mine, other in zip(ours, theirs, strict=True))
    return sum(mine.token_ids == other.token_ids for pair in pairs for mine, other in pair)


def as_table(report: dict[str, Any]) -> str:
    lines = [f"{'':<14}{'tok/s':>9}{'per step':>10}{'first token':>13}{'peak RAM':>11}   penjing against it"]
    for name, contestant in report["contestants"].items():
        figures = contestant["total"]
        verdict = ""
        if name != OURS:
            compared = report["against"][name]
            times = compared["tokens_per_second_ratio"]
            speed = f"{times:.2f} × as fast" if times is not None else "no speed"
            verdict = f"   {speed}, {compared['same_replies']} of {figures['replies']} replies the same"
        lines.append(
            f"{name:<14}{figures['tokens_per_second']:>9.1f}{figures['tokens_per_step']:>10.2f}"
            f"{figures['seconds_to_first_token']:>11.2f} s{format_size(figures['peak_ram_bytes']):>11}{verdict}"
        )
    for name, source in report["contestants"][OURS]["total"]["sources"].items():
        lines.append(
            f"{name} drafted {source['nodes']:,} nodes in {source['seconds']:.2f} s; "
            f"{source['accepted']:,} of them were accepted."
        )
    return "\n".join(lines)
