"""The steps of a reply and which of them is looked at: the tree panel's view model, without widgets."""

from __future__ import annotations

from core.decoding.report import ReplySummary, StepReport, TreeReport

GAP = "…"
"""Stands in the spine for text that is not known: the prompt, or steps that were never reported."""


class History:
    """All steps of one reply.

    Attributes:
        steps: The reports in order.
        index: The step looked at; -1 if there is none.
        live: Whether a new step is looked at as soon as it comes.
        summary: The finished reply, or None while it is written.
    """

    def __init__(self) -> None:
        self.steps: list[StepReport] = []
        self.index = -1
        self.live = True
        self.summary: ReplySummary | None = None
        self._committed: list[str] = []
        self._known: list[int] = []

    def add(self, report: StepReport) -> bool:
        """Take in a step; return whether it follows the step before without a gap."""
        follows = bool(self.steps) and report.step == self.steps[-1].step + 1
        if not follows:
            self._committed.append(GAP)
        self.steps.append(report)
        self._known.append(len(self._committed))
        self._committed += committed_texts(report)
        if self.live:
            self.index = len(self.steps) - 1
        return follows

    @property
    def current(self) -> StepReport | None:
        return self.steps[self.index] if self.steps else None

    def go(self, index: int) -> None:
        """Look at a step; going anywhere but to the newest stops following."""
        if self.steps:
            self.index = min(max(index, 0), len(self.steps) - 1)
            self.live = self.index == len(self.steps) - 1

    def spine(self, length: int) -> list[str]:
        """The last tokens committed before the step looked at, the root not among them; `GAP` where unknown."""
        if not self.steps:
            return []
        before = self._committed[: self._known[self.index]]
        root_is_last = bool(before) and before[-1] != GAP
        return before[-length - 1 : -1] if root_is_last else before[-length:]

    @property
    def accepted_mean(self) -> float:
        """Mean number of accepted tokens per step so far."""
        return sum(len(step.committed) - 1 for step in self.steps) / max(1, len(self.steps))


def accepted_path(tree: TreeReport) -> tuple[int, ...]:
    """The accepted nodes in order of depth, without the root."""
    path = []
    node = tree.exit_node
    while node > 0:
        path.append(node)
        node = tree.parents[node]
    return tuple(reversed(path))


def committed_texts(report: StepReport) -> list[str]:
    """The committed tokens of a step as texts; a reply that ends within the tree commits less than the whole path."""
    tree = report.tree
    return [*(tree.texts[node] for node in accepted_path(tree)), tree.exit_text][: len(report.committed)]
