"""The steps of a reply and which of them is looked at: the tree panel's view model, without widgets.

Thousands of steps with large trees would take hundreds of MiB as objects, so all but the one looked at are put away as
the packed lines of a trace, which is also what saving one writes.
"""

from __future__ import annotations

import zlib
from array import array
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from sys import intern

from app.tree.shelf import Shelf
from core.decoding.report import ReplySummary, StepReport, TreeReport
from core.decoding.trace import Entry, TraceHead, from_line, to_line

GAP = "…"
"""Stands in the spine for text that is not known: the prompt, or steps that were never reported."""

_FASTEST = 1
"""Level of packing: a third of the size in half a millisecond for a thousand nodes."""


@dataclass(frozen=True, slots=True)
class Bar:
    """What the strip shows of a step.

    Attributes:
        nodes: Drafted nodes, the root not counted.
        accepted: Those among them that the target agreed with.
    """

    nodes: int
    accepted: int


class History:
    """All steps of one reply.

    Attributes:
        head: What was asked; None where nobody said.
        reply: Whose steps they are, in the chat; None for a trace of a file.
        numbers: Of each step, which of the reply's it is: one that is continued had others before.
        bars: One entry a step, in order.
        index: The step looked at; -1 if there is none.
        live: Whether a new step is looked at as soon as it comes.
        summary: The finished reply, or None while it is written or if it was cut short.
    """

    def __init__(self, head: TraceHead | None = None, reply: object = None) -> None:
        self.head = head
        self.reply = reply
        self.numbers = array("I")
        self.bars: list[Bar] = []
        self.index = -1
        self.live = True
        self.summary: ReplySummary | None = None
        self._packed = Shelf()
        self._newest: StepReport | None = None
        self._current: tuple[int, StepReport] | None = None
        self._committed: list[str] = []
        self._known = array("I")
        self._accepted = 0

    def __len__(self) -> int:
        return len(self.bars)

    def add(self, report: StepReport, number: int | None = None) -> bool:
        """Take in a step; return whether it follows the step before without a gap.

        Args:
            number: Which of the reply's steps it is, where that is another than of this part of it.
        """
        return self.put(report, pack(report), report.step if number is None else number)

    def put(self, report: StepReport, packed: bytes, number: int) -> bool:
        """Take in a step that is packed already."""
        follows = self._newest is not None and report.step == self._newest.step + 1
        if not follows:
            self._committed.append(GAP)
        self._newest = report
        self._packed.put(packed)
        self.numbers.append(number)
        self._known.append(len(self._committed))
        self._committed += map(intern, committed_texts(report))  # the same few thousand tokens again and again
        path = accepted_path(report.tree)
        self.bars.append(Bar(report.nodes - 1, len(path)))
        self._accepted += len(path)
        if self.live:
            self.index = len(self) - 1
            self._current = self.index, report
        return follows

    @property
    def current(self) -> StepReport | None:
        """The step looked at."""
        if self.index < 0:
            return None
        if self._current is None or self._current[0] != self.index:
            self._current = self.index, self.step(self.index)
        return self._current[1]

    def step(self, index: int) -> StepReport:
        """One step."""
        report = from_line(self._line(index))
        assert isinstance(report, StepReport)
        return report

    def packed(self, index: int) -> bytes:
        """One step as `pack` makes it."""
        return self._packed.take(index)

    def index_of(self, number: int) -> int | None:
        """Where a step of the reply is by its number; the last one, if a part was written anew after a crash."""
        return next((index for index in reversed(range(len(self))) if self.numbers[index] == number), None)

    def go(self, index: int) -> None:
        """Look at a step; going anywhere but to the newest stops following."""
        if self.bars:
            self.index = min(max(index, 0), len(self) - 1)
            self.live = self.index == len(self) - 1

    def spine(self, length: int) -> list[str]:
        """The last tokens committed before the step looked at, the root not among them; `GAP` where unknown."""
        if not self.bars:
            return []
        known = self._known[self.index]
        before = self._committed[max(0, known - length - 1) : known]
        root_is_last = bool(before) and before[-1] != GAP
        return before[-length - 1 : -1] if root_is_last else before[-length:]

    @property
    def accepted_mean(self) -> float:
        """Mean number of accepted tokens per step so far."""
        return self._accepted / max(1, len(self))

    def packed_lines(self) -> list[Callable[[], bytes]]:
        """What unpacks, one after the other, the steps there are by now as lines of a trace, and then the summary."""
        lines: list[Callable[[], bytes]] = [partial(self._line, index) for index in range(len(self))]
        return lines if self.summary is None else [*lines, partial(to_line, self.summary)]

    def _line(self, index: int) -> bytes:
        return zlib.decompress(self._packed.take(index))


def pack(entry: Entry) -> bytes:
    """An entry of a trace as a piece that takes little room."""
    return zlib.compress(to_line(entry), _FASTEST)


def unpack(piece: bytes) -> Entry | None:
    """What `pack` was given; None if it is of a kind that a newer Penjing wrote."""
    return from_line(zlib.decompress(piece))


def accepted_path(tree: TreeReport) -> tuple[int, ...]:
    """The accepted nodes in order of depth, without the root."""
    return path_to(tree, tree.exit_node)


def path_to(tree: TreeReport, node: int) -> tuple[int, ...]:
    """The nodes from below the root to `node`, it included."""
    path = []
    while node > 0:
        path.append(node)
        node = tree.parents[node]
    return tuple(reversed(path))


def committed_texts(report: StepReport) -> list[str]:
    """The committed tokens of a step as texts; a reply that ends within the tree commits less than the whole path."""
    tree = report.tree
    return [*(tree.texts[node] for node in accepted_path(tree)), tree.exit_text][: len(report.committed)]
