"""The names of drafters as the window says them."""

from __future__ import annotations

NAMES = {
    "model": "draft model",
    "lookup": "prompt lookup",
    "recycling": "token recycling",
    "self": "self-draft",
}


def drafter_words(drafter: str) -> str:
    """One drafter or several, "model+lookup": all that proposed a node, or that propose trees together."""
    *others, last = [NAMES.get(name, name) for name in drafter.split("+")]
    return f"{', '.join(others)} and {last}" if others else last


def surest(drafter: str) -> str:
    """Of several that proposed a node the one that was surest of it: it is named first."""
    return drafter.partition("+")[0]
