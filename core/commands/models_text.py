"""Models in words, for `penjing models` on a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from core.hub.facts import read_facts
from core.hub.verification import FileCheck, Outcome
from core.models.spec import ModelSpec
from core.sizes import count_text, format_size

MARKS = {Outcome.RIGHT: "✓", Outcome.DAMAGED: "✗", Outcome.MISSING: "✗", Outcome.UNKNOWN: "?"}
LABELS = {
    "origin": "from",
    "folder": "folder",
    "family": "family",
    "parameters": "parameters",
    "layers": "layers",
    "bytes": "weights",
    "precision": "precision",
    "bits": "bits a weight",
    "context": "context",
    "chat_template": "chat template",
    "licence": "licence",
    "revision": "revision",
    "download_bytes": "download",
    "problem": "problem",
}


def table(entries: Sequence[dict[str, Any]]) -> str:
    """One model a line: name, size, precision, and what it would do here or why it cannot be used."""
    width = max((len(entry["name"]) for entry in entries), default=0)
    lines = []
    for entry in entries:
        size = format_size(entry["bytes"]) if entry.get("bytes") else ""
        count = count_text(entry["parameters"]) if entry.get("parameters") else ""
        line = f"{entry['name']:<{width}}  {count:>8}  {size:>10}  {entry.get('precision') or '':<14}"
        last = (entry.get("verdict") or {}).get("sentence") or entry.get("problem") or ""
        lines.append(f"{line}  {last}".rstrip())
    return "\n".join(lines)


def details(entry: dict[str, Any]) -> str:
    """One model, a fact a line."""
    lines = [entry["name"]]
    for key, label in LABELS.items():
        if entry.get(key) is not None:
            lines.append(f"  {label:<14} {_value(key, entry[key])}")
    verdict = (entry.get("verdict") or {}).get("sentence")
    return "\n".join([*lines, f"  {'here':<14} {verdict}"] if verdict else lines)


def check(found: FileCheck) -> str:
    return f"{MARKS[found.outcome]} {found.name}" + (f": {found.why}" if found.why else "")


def drafts(target: str, entries: Sequence[dict[str, Any]]) -> str:
    """Who can draft for a target."""
    if not entries:
        return f"There is no other model here that could draft for {target}."
    lines = [f"Drafts for {target}:"]
    for entry in entries:
        mark = "✗" if entry["problem"] else "★" if entry["suggested"] else "✓"
        why = entry["problem"] or ("suggested" if entry["suggested"] else "fits")
        lines.append(f"{mark} {entry['name']}: {why}")
    return "\n".join(lines)


def spec_entry(spec: ModelSpec) -> dict[str, Any]:
    """What a model on the hub is; of its texts nothing was read but the settings."""
    facts = asdict(read_facts(spec))
    return {key: value for key, value in facts.items() if key not in ("licence", "chat_template")}


def _value(key: str, value: Any) -> str:
    match key:
        case "bytes" | "download_bytes":
            return format_size(value)
        case "parameters":
            return count_text(value)
        case "chat_template":
            return "yes" if value else "no: it continues texts, and is not made for conversations"
        case _:
            return str(value)
