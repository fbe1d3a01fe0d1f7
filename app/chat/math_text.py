"""LaTeX formulas as near to print as plain text comes: letters, signs, raised and lowered parts.

What has no such form, a command that is not known among it, stays as it is spelled.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum

from app.chat.math_symbols import ACCENTS, DOUBLE, FUNCTIONS, IGNORED, RELATIONS, SPACES, SYMBOLS, UPRIGHT

TOKEN = re.compile(r"\\([A-Za-z]+|.)|([{}^_&'])|\s+|(.)", re.DOTALL)
LETTER = re.compile(r"[^\W\d_]")


class Script(Enum):
    """Where a part of a formula stands."""

    BASE = "base"
    SUPER = "super"
    SUB = "sub"


Run = tuple[str, Script, bool]
"""Text, where it stands, and whether it is italic, as variables are."""


def math_runs(latex: str) -> list[Run]:
    """The parts of a formula in order."""
    return list(_merged(_Reader(latex).group(until="")))


class _Reader:
    """Reads a formula from left to right."""

    def __init__(self, latex: str) -> None:
        self._latex = latex
        self._place = 0

    def group(self, until: str) -> Iterator[Run]:
        """All up to the closing `until`, or to the end."""
        while self._place < len(self._latex):
            if until and self._latex.startswith(until, self._place):
                self._place += len(until)
                return
            yield from self._part()

    def _part(self) -> Iterator[Run]:
        match = TOKEN.match(self._latex, self._place)
        if match is None:
            yield self._latex[self._place], Script.BASE, False
            self._place += 1
            return
        self._place = match.end()
        command, sign, other = match.groups()
        if command is not None:
            yield from self._command(command)
        elif sign == "{":
            yield from self.group(until="}")
        elif sign in ("^", "_"):
            script = Script.SUPER if sign == "^" else Script.SUB
            yield from ((text.replace(" ", ""), script, italic) for text, _, italic in self._argument())
        elif sign == "'":
            yield "′", Script.BASE, False
        elif sign == "&":
            yield " ", Script.BASE, False
        elif other is not None:
            yield _spaced("−" if other == "-" else other), Script.BASE, bool(LETTER.match(other))
        elif match.group().count("\n"):
            yield " ", Script.BASE, False

    def _command(self, name: str) -> Iterator[Run]:
        if name in SYMBOLS:
            yield _spaced(SYMBOLS[name]), Script.BASE, bool(LETTER.match(SYMBOLS[name])) and name.islower()
        elif name in FUNCTIONS:
            yield name, Script.BASE, False
            yield "\u2009", Script.BASE, False
        elif name in SPACES:
            yield SPACES[name], Script.BASE, False
        elif name in ("frac", "dfrac", "tfrac"):
            yield from _bracketed(list(self._argument()))
            yield "⁄", Script.BASE, False
            yield from _bracketed(list(self._argument()))
        elif name == "sqrt":
            yield "√", Script.BASE, False
            yield from _bracketed(list(self._argument()))
        elif name == "mathbb":
            yield from ((DOUBLE.get(text, text), script, False) for text, script, _ in self._argument())
        elif name in UPRIGHT:
            yield self._spelled_argument(), Script.BASE, False
        elif name in ACCENTS:
            yield from ((text + ACCENTS[name], script, italic) for text, script, italic in self._argument())
        elif name in ("begin", "end"):
            self._spelled_argument()
        elif name == "\\":
            yield "\u2028", Script.BASE, False
        elif name not in IGNORED:
            yield (name if not name.isalpha() else f"\\{name}"), Script.BASE, False

    def _argument(self) -> Iterator[Run]:
        """A group in braces, or one part."""
        while self._latex[self._place : self._place + 1].isspace():
            self._place += 1
        if self._latex.startswith("{", self._place):
            self._place += 1
            yield from self.group(until="}")
        elif self._place < len(self._latex):
            yield from self._part()

    def _spelled_argument(self) -> str:
        """A group in braces as it is spelled."""
        start = self._latex.find("{", self._place)
        end = self._latex.find("}", start)
        if start != self._place or end < 0:
            return ""
        self._place = end + 1
        return self._latex[start + 1 : end]


def _spaced(sign: str) -> str:
    return f" {sign} " if sign in RELATIONS else sign


def _bracketed(runs: list[Run]) -> Iterator[Run]:
    """In brackets, unless it is a single letter or number."""
    single = len(runs) == 1 or "".join(text for text, _, _ in runs).isdigit()
    if not single:
        yield "(", Script.BASE, False
    yield from runs
    if not single:
        yield ")", Script.BASE, False


def _merged(runs: Iterator[Run]) -> Iterator[Run]:
    """Parts of one kind in a row as one."""
    last: Run | None = None
    for text, script, italic in runs:
        if last is not None and last[1:] == (script, italic):
            last = (last[0] + text, script, italic)
            continue
        if last is not None:
            yield last
        last = (text, script, italic)
    if last is not None:
        yield last
