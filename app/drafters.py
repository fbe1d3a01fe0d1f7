"""The names of drafters as the window says them."""

from __future__ import annotations

from app.language import tr

NAMES = {
    "model": tr("draft model"),
    "lookup": tr("prompt lookup"),
    "recycling": tr("token recycling"),
    "exit": tr("early exit"),
    "self": tr("self-draft"),
}


def drafter_words(drafter: str) -> str:
    """One drafter or several, "model+lookup": all that proposed a node, or that propose trees together."""
    *others, last = [NAMES.get(name, name) for name in drafter.split("+")]
    return tr("{all} and {last}", all=", ".join(others), last=last) if others else last


def surest(drafter: str) -> str:
    """Of several that proposed a node the one that was surest of it: it is named first."""
    return drafter.partition("+")[0]
