"""What drafting is worth: nodes and draft passes are bought while they bring tokens faster than those come anyway."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from statistics import median

from core.drafting.cost_curve import CostCurve

_MEMORY = 0.93
"""Share of what was seen that is kept per step: about the last 15 steps count."""

_START = 32
"""Nodes of the first trees: few enough to cost little where they turn out not to pay."""

_FIRST, _LONGER = 3, 4
"""The step at which passes of other sizes are first looked at, and how many times later each further look comes."""

_SIZES = (0.0, 0.125, 0.5)
"""Those sizes, as shares of the largest budget; 0 is plain decoding."""

_DRAFTS = 33
"""Passes of the draft whose median counts."""

_TRIAL, _TRIAL_NODES = 5, 12
"""Steps of a trial of drafting while it is off, and nodes of its trees."""

_PAUSES = (16, 128)
"""Steps that drafting is off at first, and at most, before it is tried again; each trial in vain doubles them."""

_FADED = 0.1
"""Share of the past that still counts in a trial."""

_MARGIN = 1.03
"""How much faster plain decoding must be for drafting to go off."""


class Economy:
    """Learns what passes cost and what trees bring, and answers what is worth its price.

    With R tokens per second at present, a second is worth R tokens (Dinkelbach's method for the largest ratio of tokens
    to seconds): a node or a draft pass that brings fewer tokens than its seconds are worth lowers the rate.

    Attributes:
        active: Whether it is asked at all: not where somebody fixed the budget.
        passes: Seconds of the target's passes by nodes.
        draft_seconds: What a pass of the draft takes, with all that belongs to it.
    """

    def __init__(self) -> None:
        self.active = False
        self.passes = CostCurve()
        self.draft_seconds = 0.0
        self._plain = CostCurve()
        self._drafts: deque[float] = deque(maxlen=_DRAFTS)
        self._room = _START
        self._explored = [0] * len(_SIZES)
        self._tokens = self._seconds = 0.0
        self._promised = self._accepted = 0.0
        self._steps = 0
        self._pause = self._left = 0
        self._trial = 0
        # Whether the step in progress drafts at all, and whether its tree is left as large as it was to be.
        self._drafting, self._whole = True, False

    @property
    def rate(self) -> float:
        """Tokens per second while drafting; 0 before anything was seen."""
        return self._tokens / self._seconds if self._seconds else 0.0

    @property
    def plain_rate(self) -> float:
        """Tokens per second of plain decoding; 0 before it was tried."""
        return 1.0 / self._plain.at(1) if self._plain.known else 0.0

    @property
    def off(self) -> bool:
        """Whether plain decoding has proved faster."""
        return self._pause > 0

    def budget(self, ceiling: int) -> int:
        """Most nodes of the next tree: 1 while drafting is off, now and then another size to learn what it costs."""
        self._steps += 1
        self._drafting, self._whole = True, False
        if self._left:
            self._left -= 1
            self._drafting = False
            return 1
        if self._trial:
            self._whole = True
            return min(ceiling, _TRIAL_NODES)
        for index, share in enumerate(_SIZES):
            if self._steps >= _FIRST * _LONGER ** self._explored[index]:
                self._explored[index] += 1
                self._drafting, self._whole = share > 0.0, True
                return max(1, int(ceiling * share))
        # Trees twice as large as what paid lately: a larger one is found out, and few nodes are drafted in vain.
        return min(ceiling, self._room)

    def nodes(self, probabilities: Sequence[float]) -> int:
        """How many nodes of a tree are worth verifying.

        Args:
            probabilities: That the target gets to each node, the root's 1 first, descending.
        """
        if self._whole or not self.passes.known:
            return len(probabilities)
        best, most, brought = 1, -math.inf, 0.0
        for count, probability in enumerate(probabilities, start=1):
            brought += probability * (self._trust if count > 1 else 1.0)
            worth = brought - self.rate * self.passes.at(count)
            if worth > most:
                best, most = count, worth
        self._room = max(4, 2 * best, int(_MEMORY * self._room))
        return best

    @property
    def draft_price(self) -> float:
        """Tokens that a pass of the draft costs."""
        return self.rate * self.draft_seconds

    def saw_draft(self, seconds: float) -> None:
        """Take a pass of the draft into account. What it takes hardly depends on how many nodes are expanded."""
        self._drafts.append(seconds)
        self.draft_seconds = median(self._drafts)

    def saw_step(self, probabilities: Sequence[float], accepted: int, pass_seconds: float, seconds: float) -> None:
        """Take a step into account.

        Args:
            probabilities: As predicted, of each node of the tree, the root included.
            accepted: Drafted tokens that the target agreed with.
            pass_seconds, seconds: Of the target's pass, and of the whole step.
        """
        self.passes.saw(len(probabilities), pass_seconds)
        if not self._drafting:
            self._plain.saw(1, seconds)
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
        if self._steps < 8:
            return
        if self.plain_rate > _MARGIN * self.rate:
            self._pause = min(max(2 * self._pause, _PAUSES[0]), _PAUSES[1])
            self._left, self._trial = self._pause, _TRIAL
            # So that the trial counts for more than what led here.
            self._tokens *= _FADED
            self._seconds *= _FADED
        else:
            self._pause = 0
