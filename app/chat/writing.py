"""How a reply was written: which of its tokens were drafted, by whom, and in which step."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from core.decoding.report import NodeState, StepReport

TARGET = ""
"""The source of a token that the target added itself."""


@dataclass(frozen=True, slots=True)
class WrittenToken:
    """One token of a reply.

    Attributes:
        start, end: Which characters of the content it is.
        source: Who drafted it, as in `TreeReport.sources`; TARGET if nobody did.
        step: The step that committed it.
    """

    start: int
    end: int
    source: str
    step: int

    @property
    def drafter(self) -> str:
        """Who drafted it first of all; TARGET if nobody did."""
        return self.source.split("+", maxsplit=1)[0]


_numbers = partial(array, "I")


@dataclass
class Writing:
    """The tokens of a reply, in order. There may be tens of thousands, so each is four numbers until it is asked for.

    Attributes:
        nodes: Of each step, how many nodes its tree had.
    """

    nodes: array[int] = field(default_factory=_numbers)
    _starts: array[int] = field(default_factory=_numbers)
    _ends: array[int] = field(default_factory=_numbers)
    _steps: array[int] = field(default_factory=_numbers)
    _sources: array[int] = field(default_factory=_numbers)
    _names: list[str] = field(default_factory=list)

    @property
    def tokens(self) -> list[WrittenToken]:
        """All tokens. They follow each other without gaps."""
        return [self._token(index) for index in range(len(self._starts))]

    @property
    def counts(self) -> dict[str, int]:
        """How many tokens each source has."""
        return {self._names[source]: count for source, count in Counter(self._sources).items()}

    def add(self, report: StepReport, start: int) -> None:
        """Add a step whose text begins at `start`.

        A token that ends within a character has no text of its own; the one that completes it has all of it.
        """
        pieces, sources = _committed(report)
        step = len(self.nodes)
        self.nodes.append(report.nodes)
        for length, source in zip(_lengths(report.text, pieces), sources, strict=True):
            self._append(start, start + length, source, step)
            start += length

    def at(self, place: int) -> WrittenToken | None:
        """The token that the character at `place` is of."""
        index = bisect_right(self._starts, place) - 1
        return self._token(index) if index >= 0 and place < self._ends[index] else None

    def of_step(self, step: int) -> list[WrittenToken]:
        """What a step committed."""
        first, last = bisect_left(self._steps, step), bisect_right(self._steps, step)
        return [self._token(index) for index in range(first, last)]

    def to_data(self) -> dict[str, Any]:
        """As compact JSON data."""
        names = sorted(self.counts)
        numbers = {self._names.index(name): number for number, name in enumerate(names)}
        steps: list[list[tuple[int, int]]] = [[] for _ in self.nodes]
        pairs: dict[tuple[int, int], tuple[int, int]] = {}  # there are few different ones
        for start, end, step, source in zip(self._starts, self._ends, self._steps, self._sources, strict=True):
            pair = (end - start, numbers[source])
            steps[step].append(pairs.setdefault(pair, pair))
        begin = self._starts[0] if self._starts else 0
        return {"begin": begin, "sources": names, "nodes": list(self.nodes), "steps": steps}

    @classmethod
    def from_data(cls, data: dict[str, Any]) -> Writing:
        """What `to_data` gave."""
        writing = cls(nodes=array("I", data["nodes"]))
        place = int(data["begin"])
        for step, tokens in enumerate(data["steps"]):
            for length, source in tokens:
                writing._append(place, place + length, data["sources"][source], step)
                place += length
        return writing

    def _append(self, start: int, end: int, source: str, step: int) -> None:
        if source not in self._names:
            self._names.append(source)
        self._starts.append(start)
        self._ends.append(end)
        self._steps.append(step)
        self._sources.append(self._names.index(source))

    def _token(self, index: int) -> WrittenToken:
        source = self._names[self._sources[index]]
        return WrittenToken(self._starts[index], self._ends[index], source, self._steps[index])


def _committed(report: StepReport) -> tuple[list[str], list[str]]:
    """The text and the source of every token that a step committed: the accepted path, then the target's own."""
    tree = report.tree
    path = [node for node, state in enumerate(tree.states) if state is NodeState.ACCEPTED]
    pieces = [*(tree.texts[node] for node in path), tree.exit_text]
    sources = [*(tree.sources[node] for node in path), TARGET]
    # A reply may end before all that was accepted is committed.
    count = len(report.committed)
    missing = count - len(pieces)
    return [*pieces, *[""] * missing][:count], [*sources, *[TARGET] * missing][:count]


def _lengths(text: str, pieces: Sequence[str]) -> Iterator[int]:
    """How many characters of `text` each piece is. One that is not found there, such as half a character or a first
    space that was left out, has what stands before the next."""
    place = 0
    for index, piece in enumerate(pieces):
        last = index == len(pieces) - 1
        if last:
            end = len(text)
        elif text.startswith(piece, place):
            end = place + len(piece)
        else:
            end = max(place, text.find(pieces[index + 1], place))
        yield end - place
        place = end
