"""What drafting is worth: nodes and draft passes are bought while they bring tokens faster than those come anyway."""

from __future__ import annotations

import math
from collections.abc import Sequence

from core.drafting.cost_curve import CostCurve

_MEMORY = 0.96
"""Share of what was seen that is kept per step: the last 25 steps count."""

_EXPLORE = 48
"""Steps after which the time of a pass of another size is looked at again."""

_TRIAL = 4
"""Steps of a trial of drafting while it is off."""

_PAUSES = (16, 128)
"""Steps that drafting is off at first, and at most, before it is tried again; each trial in vain doubles them."""

_MARGIN = 1.03
"""How much faster plain decoding must be for drafting to go off."""


class Economy:
    """Learns what passes cost and what trees bring, and answers what is worth its price.

    With R tokens per second at present, a second is worth R tokens (Dinkelbach's method for the largest ratio of tokens
    to seconds): a node or a draft pass that brings fewer tokens than its seconds are worth lowers the rate.

    Attributes:
        passes: Seconds of the target's passes by nodes.
        drafts: Seconds of the draft's passes by nodes expanded.
    """

    def __init__(self) -> None:
        self.passes = CostCurve()
        self.drafts = CostCurve()
        self._tokens = self._seconds = 0.0
        self._promised = self._accepted = 0.0
        self._steps = 0
        self._pause = self._left = 0
        self._trial = 0

    @property
    def rate(self) -> float:
        """Tokens per second while drafting; 0 before anything was seen."""
        return self._tokens / self._seconds if self._seconds else 0.0

    @property
    def plain_rate(self) -> float:
        """Tokens per second of plain decoding; 0 before it was tried."""
        return 1.0 / self.passes.at(1) if self.passes.seen(1) else 0.0

    @property
    def off(self) -> bool:
        """Whether plain decoding has proved faster."""
        return self._pause > 0

    def budget(self, ceiling: int) -> int:
        """Most nodes of the next tree: 1 while drafting is off, now and then another size to learn what it costs."""
        self._steps += 1
        if self._left:
            self._left -= 1
            return 1
        for rows in (1, max(2, ceiling // 8), max(2, ceiling // 2)):
            if rows < ceiling and self._steps > 2 and self.passes.seen(rows) < min(3, 1 + self._steps // _EXPLORE):
                return rows
        return ceiling

    def nodes(self, probabilities: Sequence[float]) -> int:
        """How many nodes of a tree are worth verifying.

        Args:
            probabilities: That the target gets to each node, the root's 1 first, descending.
        """
        if not self.passes.known:
            return len(probabilities)
        best, most, brought = 1, -math.inf, 0.0
        for count, probability in enumerate(probabilities, start=1):
            brought += probability * (self._trust if count > 1 else 1.0)
            worth = brought - self.rate * self.passes.at(count)
            if worth > most:
                best, most = count, worth
        return best

    def node_price(self, count: int) -> float:
        """Tokens that one more node than `count` costs."""
        if not self.passes.known:
            return 0.0
        return self.rate * (self.passes.at(count + 1) - self.passes.at(count))

    def draft_price(self, rows: int) -> float:
        """Tokens that a pass of the draft costs."""
        return self.rate * self.drafts.at(rows) if self.drafts.known else 0.0

    def saw_draft(self, rows: int, seconds: float) -> None:
        """Take a pass of the draft into account."""
        self.drafts.saw(rows, seconds)

    def saw_step(self, probabilities: Sequence[float], accepted: int, pass_seconds: float, seconds: float) -> None:
        """Take a step into account.

        Args:
            probabilities: As predicted, of each node of the tree, the root included.
            accepted: Drafted tokens that the target agreed with.
            pass_seconds, seconds: Of the target's pass, and of the whole step.
        """
        self.passes.saw(len(probabilities), pass_seconds)
        if len(probabilities) == 1:
            return
        self._tokens = _MEMORY * self._tokens + accepted + 1
        self._seconds = _MEMORY * self._seconds + seconds
        self._promised = _MEMORY * self._promised + sum(probabilities) - 1
        self._accepted = _MEMORY * self._accepted + accepted
        self._decide()

    @property
    def _trust(self) -> float:
        """How many tokens are accepted for each that predictions promise."""
        return (self._accepted + 5) / (self._promised + 5)

    def _decide(self) -> None:
        """Whether drafting goes off, stays off after a trial, or comes back."""
        if self._trial:
            self._trial -= 1
            if self._trial:
                return
        if self.passes.seen(1) < 2 or self._steps < 8:
            return
        if self.plain_rate > _MARGIN * self.rate:
            self._pause = min(max(2 * self._pause, _PAUSES[0]), _PAUSES[1])
            self._left, self._trial = self._pause, _TRIAL
        else:
            self._pause = 0
