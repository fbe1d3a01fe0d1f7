"""How a reply was written: which of its tokens were drafted, by whom, and in which step."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
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


@dataclass
class Writing:
    """The tokens of a reply, in order.

    Attributes:
        tokens: They follow each other without gaps.
        nodes: Of each step, how many nodes its tree had.
    """

    tokens: list[WrittenToken] = field(default_factory=list)
    nodes: list[int] = field(default_factory=list)

    def add(self, report: StepReport, start: int) -> None:
        """Add a step whose text begins at `start`.

        A token that ends within a character has no text of its own; the one that completes it has all of it.
        """
        pieces, sources = _committed(report)
        step = len(self.nodes)
        self.nodes.append(report.nodes)
        for length, source in zip(_lengths(report.text, pieces), sources, strict=True):
            self.tokens.append(WrittenToken(start, start + length, source, step))
            start += length

    def at(self, place: int) -> WrittenToken | None:
        """The token that the character at `place` is of."""
        index = bisect_right(self.tokens, place, key=lambda token: token.start) - 1
        return self.tokens[index] if index >= 0 and place < self.tokens[index].end else None

    def of_step(self, step: int) -> list[WrittenToken]:
        """What a step committed."""
        return [token for token in self.tokens if token.step == step]

    def to_data(self) -> dict[str, Any]:
        """As compact JSON data."""
        names = sorted({token.source for token in self.tokens})
        steps: list[list[list[int]]] = [[] for _ in self.nodes]
        for token in self.tokens:
            steps[token.step].append([token.end - token.start, names.index(token.source)])
        begin = self.tokens[0].start if self.tokens else 0
        return {"begin": begin, "sources": names, "nodes": self.nodes, "steps": steps}

    @classmethod
    def from_data(cls, data: dict[str, Any]) -> Writing:
        """What `to_data` gave."""
        writing = cls(nodes=list(data["nodes"]))
        place = int(data["begin"])
        for step, tokens in enumerate(data["steps"]):
            for length, source in tokens:
                writing.tokens.append(WrittenToken(place, place + length, data["sources"][source], step))
                place += length
        return writing


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
