"""Lists, finds, downloads, checks, pairs and removes models."""

from __future__ import annotations

import argparse
import getpass
import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from core.commands import models_text
from core.commands.models_download import download
from core.commands.options import parse_count
from core.errors import BadRequest, NotOnHub, UnusableModel
from core.hub.access import forget_token, keep_token, where_kept
from core.hub.hub import Hub
from core.hub.library import InstalledModel, installed_models
from core.hub.pairing import draft_problem, suggest_draft
from core.hub.removal import removable_bytes, remove
from core.hub.search import Found, Query, inspect, search
from core.hub.selection import choose_files
from core.hub.suggestion import plain_name
from core.hub.verdict import Fit, Verdict, judge
from core.hub.verification import Outcome, verify
from core.locations import models_folder
from core.machine.machine import Machine
from core.machine.probe import probe_machine
from core.models.spec import ModelSpec
from core.sizes import format_size, parse_size


def add_options(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True, parser_class=type(parser))

    def add(name: str, act: Callable[[argparse.Namespace], int], summary: str, *, json: bool = True) -> Any:
        action = actions.add_parser(name, help=summary, description=summary)
        action.set_defaults(act=act)
        if json:
            action.add_argument("--json", action="store_true", help="print as JSON")
        return action

    action = add("list", _list, "What is on this computer, wherever it lies.")
    action.add_argument("--folder", type=Path, action="append", default=[], metavar="DIR", help="look in DIR too")
    action.add_argument("--fit", action="store_true", help="say how each would run on this machine")
    action = add("info", _info, "Everything about one model, on this computer or on the hub.")
    action.add_argument("model", metavar="MODEL", help="a name, OWNER/NAME, or a folder")
    action.add_argument("--revision", help="of a model on the hub (the newest)")
    action = add("search", _search, "Models on the hub, best for this machine first.")
    action.add_argument("text", nargs="?", default="", metavar="TEXT")
    action.add_argument("--author", default="", help="only this owner's")
    action.add_argument("--least", type=parse_size, default=0, metavar="SIZE", help="of the weights")
    action.add_argument("--most", type=parse_size, metavar="SIZE", help="of the weights")
    methods = "any, none (full precision), quantised, or a method such as gptq (any)"
    action.add_argument("--quantisation", default="any", metavar="NAME", help=methods)
    action.add_argument("--limit", type=parse_count, default=10, metavar="N", help="(10)")
    action = add("download", download, "Fetch a model; what was begun before goes on where it was.")
    action.add_argument("model", metavar="OWNER/NAME")
    action.add_argument("--revision", help="a branch, tag or commit (the newest)")
    action.add_argument("--connections", type=parse_count, default=4, metavar="N", help="files at a time (4)")
    action = add("remove", _remove, "Delete a download, or an entry of Hugging Face's cache.")
    action.add_argument("model", metavar="MODEL")
    action.add_argument("--yes", action="store_true", help="do not ask")
    action = add("verify", _verify, "Check a model's files against their checksums.")
    action.add_argument("model", metavar="MODEL")
    action = add("pair", _pair, "Which models can draft for a target, and why others cannot.")
    action.add_argument("model", metavar="TARGET")
    action.add_argument("draft", nargs="?", metavar="DRAFT", help="only this one")
    action = add("token", _token, "Give the hub's access token, which is asked for, to the system's keyring.")
    action.add_argument("--forget", action="store_true", help="take it out again")


def run(options: argparse.Namespace) -> int:
    code: int = options.act(options)
    return code


def _list(options: argparse.Namespace) -> int:
    models = installed_models([folder.absolute() for folder in options.folder])
    machine = probe_machine(models_folder()) if options.fit else None
    entries = [_entry(model, machine) for model in models]
    _print(options, entries, lambda: models_text.table(entries))
    return 0


def _info(options: argparse.Namespace) -> int:
    machine = probe_machine(models_folder())
    installed = _installed(options.model)
    if installed is not None and options.revision is None:
        entry = _entry(installed, machine)
    else:
        entry = _remote(Hub(), options.model, options.revision, machine)
    _print(options, entry, lambda: models_text.details(entry))
    return 0


def _search(options: argparse.Namespace) -> int:
    hub, machine = Hub(), probe_machine(models_folder())
    query = Query(options.text, options.author, options.least, options.most, options.quantisation, limit=options.limit)
    judged = [(found, _judged(hub, found, machine)) for found in search(hub, query)]
    judged.sort(key=lambda pair: pair[1].rank)
    entries = [_found_entry(found, verdict) for found, verdict in judged]
    _print(options, entries, lambda: models_text.table(entries) or "Nothing on the hub matches.")
    return 0


def _remove(options: argparse.Namespace) -> int:
    model = _known(options.model)
    freed = removable_bytes(model)
    if not options.yes:
        if not sys.stdin.isatty():
            raise BadRequest(f"Removing {model.name} frees {format_size(freed)}.", "Add --yes to do so.")
        if input(f"Remove {model.name} and free {format_size(freed)}? [y/N] ").strip().lower() not in ("y", "yes"):
            print("Nothing was removed.", file=sys.stderr)
            return 0
    remove(model)
    result = {"name": model.name, "folder": str(model.folder), "freed": freed}
    _print(options, result, lambda: f"Removed {model.name}: {format_size(freed)} are free again.")
    return 0


def _verify(options: argparse.Namespace) -> int:
    model = _known(options.model)
    checks = []
    for check in verify(model):
        checks.append(check)
        if not options.json:
            print(models_text.check(check), flush=True)
    wrong = [check for check in checks if check.outcome in (Outcome.DAMAGED, Outcome.MISSING)]
    if options.json:
        files = [asdict(check) for check in checks]
        print(json.dumps({"name": model.name, "right": not wrong, "files": files}, indent=2))
    if wrong:
        again = f"`penjing models download {model.name}` fetches only that." if model.origin == "download" else ""
        raise UnusableModel(f"{len(wrong)} of {len(checks)} checks failed.", again or "Download the model again.")
    return 0


def _pair(options: argparse.Namespace) -> int:
    target = _spec(_known(options.model))
    models = installed_models()
    if options.draft is not None:
        draft = _known(options.draft)
        models = [draft]
    suggested = suggest_draft(target, models)
    entries = [
        {
            "name": model.name,
            "folder": str(model.folder),
            "problem": model.problem if model.facts is None else draft_problem(target, _spec(model)),
            "suggested": suggested is not None and model.folder == suggested.folder,
        }
        for model in models
        if model.folder.resolve() != target.folder.resolve()
    ]
    entries.sort(key=lambda entry: (not entry["suggested"], entry["problem"] is not None))
    _print(options, {"target": target.name, "drafts": entries}, lambda: models_text.drafts(target.name, entries))
    return 0


def _token(options: argparse.Namespace) -> int:
    if options.forget:
        forget_token()
    else:
        # Typed without being shown, or piped: what stands in a command line can be read by every program.
        token = getpass.getpass("Token: ") if sys.stdin.isatty() else sys.stdin.readline()
        if not token.strip():
            raise BadRequest("No token was given.", "Paste it when asked for, or pipe it in.")
        keep_token(token)
    result = {"kept_by": where_kept().value}
    _print(options, result, lambda: f"The token in use is kept by: {result['kept_by']}.")
    return 0


def _judged(hub: Hub, found: Found, machine: Machine) -> Verdict:
    """The verdict on a search result, for which its headers are read."""
    if found.problem is not None:
        return found.unjudged
    return inspect(hub, found.repository, found.revision).judged(machine, models_folder())


def _remote(hub: Hub, name: str, revision: str | None, machine: Machine) -> dict[str, Any]:
    inspected = inspect(hub, name, revision)
    contents = inspected.contents
    if contents is None:
        raise inspected.trouble or NotOnHub(f"The hub has no {name}.", "Check the spelling.")
    entry: dict[str, Any] = {"name": name, "origin": "hub", "revision": contents.revision, "licence": contents.licence}
    if inspected.spec is None:
        return entry | {"usable": False, "problem": str(inspected.trouble)}
    manifest = choose_files(hub, contents)
    verdict = judge(inspected.spec, machine, models_folder(), manifest.bytes)
    return (
        entry
        | models_text.spec_entry(inspected.spec)
        | {
            "usable": True,
            "problem": None,
            "download_bytes": manifest.bytes,
            "files": [asdict(file) for file in manifest.files],
            "verdict": verdict_entry(verdict),
        }
    )


def _entry(model: InstalledModel, machine: Machine | None) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "name": model.name,
        "folder": str(model.folder),
        "origin": model.origin,
        "usable": model.facts is not None,
        "problem": model.problem,
    }
    if model.facts is not None:
        entry |= asdict(model.facts)
        if machine is not None and model.spec is not None:
            entry["verdict"] = verdict_entry(judge(model.spec, machine))
    return entry


def _found_entry(found: Found, verdict: Verdict) -> dict[str, Any]:
    entry = asdict(found) | {"name": found.repository, "usable": verdict.fit < Fit.NO_ACCESS}
    entry["modified"] = found.modified.isoformat() if found.modified else None
    return entry | {"precision": found.quantisation, "verdict": verdict_entry(verdict)}


def verdict_entry(verdict: Verdict) -> dict[str, Any]:
    return {"fit": verdict.fit.name.lower(), "sentence": verdict.sentence, "low": verdict.low, "high": verdict.high}


def _installed(name: str) -> InstalledModel | None:
    """The installed model of this name, of this last part of its name, or in this folder."""
    folder = Path(name)
    inside = [place.absolute() for place in (folder, folder.parent) if place.is_dir() and folder.exists()][:1]
    models = installed_models(inside)
    if inside:
        return next((model for model in models if model.folder.resolve() == folder.resolve()), None)
    exact = [model for model in models if model.name == name]
    alike = [model for model in models if plain_name(model.name) == plain_name(name)] if "/" not in name else []
    if not exact and len(alike) > 1:
        names = ", ".join(model.name for model in alike)
        raise BadRequest(f"{name!r} may mean {names}.", "Write the whole name.")
    return next(iter(exact or alike), None)


def _known(name: str) -> InstalledModel:
    model = _installed(name)
    if model is None:
        raise BadRequest(f"No installed model is called {name!r}.", "`penjing models list` shows their names.")
    return model


def _spec(model: InstalledModel) -> ModelSpec:
    if model.spec is None:
        raise UnusableModel(model.problem or f"{model.name} cannot be used.", "")
    return model.spec


def _print(options: argparse.Namespace, content: Any, text: Callable[[], str]) -> None:
    print(json.dumps(content, indent=2) if options.json else text())
