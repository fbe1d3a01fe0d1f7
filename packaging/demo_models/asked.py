"""The questions that tests and benchmarks ask the demo pair.

They are kept in a file, so that they are the same under any Python: docstrings change from version to version.
"""

from __future__ import annotations

import json
import random
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path

from corpus import Entry
from questions import ask_name, made_up_names

DOCUMENTED, MADE_UP = "documented", "made-up"


@dataclass(frozen=True)
class Asked:
    """One question; `first_sentence` is what a right answer contains, None where the name is made up."""

    name: str
    kind: str
    question: str
    first_sentence: str | None = None


def choose(entries: list[Entry], seed: int, documented: int = 100, made_up: int = 20) -> list[Asked]:
    """Documented functions and invented ones, the same for the same seed."""
    draw = random.Random(f"{seed} evaluation")
    functions = [entry for entry in entries if entry.kind == "function"]
    asked = [
        Asked(entry.name, DOCUMENTED, ask_name(entry.name, entry.kind, draw), entry.summary)
        for entry in draw.sample(functions, documented)
    ]
    invented = [name for name, kind in islice(made_up_names(entries, draw), 20 * made_up) if kind == "function"]
    names = ["zlib.unpack_tree", *invented[: made_up - 1]]
    return asked + [Asked(name, MADE_UP, ask_name(name, "function", draw)) for name in names]


def write(asked: list[Asked], path: Path) -> None:
    """JSON lines; keys without a value are left out."""
    lines = [json.dumps({key: value for key, value in asdict(one).items() if value is not None}) for one in asked]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def read(path: Path) -> list[Asked]:
    """What `write` wrote."""
    return [Asked(**json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]
