"""Words questions about names of the standard library, known and invented.

Knows the names, not what they mean. All draws come from the random generator that the caller hands in.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from corpus import Entry

CALLABLE_QUESTIONS = (
    "What does {} do?",
    "what does {} do",
    "How do I use {}?",
    "how do i use {}",
    "What is {}?",
    "what is {}",
    "Explain {}.",
    "Explain {} to me.",
    "What is {} for?",
    "Tell me about {}.",
    "Can you explain {}?",
    "Describe {}.",
    "What can I do with {}?",
    "When do I need {}?",
    "{}",
    "{}?",
    "help({})",
    "I found {} in some code. What does it do?",
)

MODULE_QUESTIONS = (
    *CALLABLE_QUESTIONS,
    "What is the {} module?",
    "What is the {} module for?",
    "What does the {} module do?",
    "What is in {}?",
)

SHORT_NAME_SHARE = 0.1
"""How often a name that is unique without its module is asked for without it."""

PARENTHESES_SHARE = 0.15
"""How often a function is written with () behind its name."""


def short_names(entries: Iterable[Entry]) -> dict[str, str]:
    """Full name to last part, for the functions and classes whose last part means nothing else."""
    entries = list(entries)
    last = Counter(entry.name.rpartition(".")[2] for entry in entries)
    return {
        entry.name: short
        for entry in entries
        if entry.kind in ("function", "class") and last[short := entry.name.rpartition(".")[2]] == 1 and len(short) > 3
    }


def ask(entry: Entry, short: dict[str, str], draw: random.Random) -> str:
    """One wording of the question what this entry is."""
    name = entry.name
    if name in short and draw.random() < SHORT_NAME_SHARE:
        name = short[name]
    return ask_name(name, entry.kind, draw)


def ask_name(name: str, kind: str, draw: random.Random) -> str:
    """One wording of a question about a name; half of them are the plainest two."""
    if kind in ("function", "method") and draw.random() < PARENTHESES_SHARE:
        name += "()"
    if draw.random() < 0.3:
        return draw.choice(CALLABLE_QUESTIONS[:3:2]).format(name)
    return draw.choice(MODULE_QUESTIONS if kind == "module" else CALLABLE_QUESTIONS).format(name)


def made_up_names(entries: Sequence[Entry], draw: random.Random) -> Iterator[tuple[str, str]]:
    """Endless (name, kind) that sound right and do not exist: words of real functions behind a real module or class.

    `zlib.unpack_tree` is of this kind. What a small model says to them is its own invention, and its draft has to
    learn how it invents.
    """
    known = {entry.name for entry in entries}
    homes = [(e.name, "function") for e in entries if e.kind == "module"] * 2
    homes += [(e.name, "method") for e in entries if e.kind == "class"]
    words = sorted({
        word
        for entry in entries
        if entry.kind in ("function", "method")
        for word in entry.name.rpartition(".")[2].lower().split("_")
        if 2 < len(word) < 12
    })  # fmt: skip
    while True:
        home, kind = draw.choice(homes)
        count = draw.choices((1, 2, 3), (3, 6, 1))[0]
        name = f"{home}.{'_'.join(draw.choice(words) for _ in range(count))}"
        if name not in known:
            yield name, kind
