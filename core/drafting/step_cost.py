"""What a step costs: nodes that are verified and drafting that is done while weights arrive cost nothing."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from statistics import median

from core.drafting.cost_curve import CostCurve

_RECENT = 7
"""Steps whose median counts."""

_NOTICEABLE = 0.03
"""Share of a pass from which on waiting for weights is told from the time that it takes to ask for them."""

_FURTHER = 1.5
"""How much more drafting is thought to be hidden than was, where all of it was."""


@dataclass(frozen=True, slots=True)
class StepSpan:
    """Where the seconds of a step went.

    Attributes:
        drafting: Until the tree was there.
        hidden: Of drafting, while weights were read, so that the target waited less for them.
        verifying: The target's pass. `waited`: For weights, of that.
        total: The whole step.
    """

    drafting: float
    hidden: float
    verifying: float
    waited: float
    total: float


class StepCost:
    """Seconds of a step as max(stream, arithmetic(nodes)) + rest(nodes), apart from passes of the draft that show.

    Weights arrive during the target's pass and during as much of drafting as is hidden; both together last as long as
    that takes (`stream`), or longer if arithmetic does. How long a pass waited says how much more it could have
    computed meanwhile: one step tells roughly how many nodes are free, and two of different sizes tell it well.
    """

    def __init__(self) -> None:
        self._steps = 0
        self._arithmetic, self._rest, self._shown = CostCurve(), CostCurve(), CostCurve()
        self._streams: deque[float] = deque(maxlen=_RECENT)
        self._idle: deque[float] = deque(maxlen=_RECENT)
        self._sheltered: deque[float] = deque(maxlen=_RECENT)
        self._drafting: deque[float] = deque(maxlen=_RECENT)
        self._passes: deque[float] = deque(maxlen=_RECENT)

    @property
    def known(self) -> bool:
        """Whether any step was seen."""
        return self._arithmetic.known

    @property
    def stream(self) -> float:
        """Seconds in which the weights of a pass arrive; 0 where no pass had to wait."""
        return median(self._streams) if self._streams else 0.0

    @property
    def free_nodes(self) -> int:
        """Most nodes that are verified while weights arrive."""
        return int(min(self._arithmetic.reach(self.stream), 1e6)) if self._streams else 0

    @property
    def free_drafting(self) -> float:
        """Seconds of drafting, from its beginning, that cost nothing: weights arrive, and the target waits less."""
        if not self._streams:
            return 0.0
        return max(0.0, min(median(self._sheltered), median(self._idle)))

    @property
    def free_passes(self) -> float:
        """Seconds of passes of the draft among `free_drafting`."""
        drafting = sum(self._drafting)
        return self.free_drafting * sum(self._passes) / drafting if drafting else 0.0

    @property
    def shows(self) -> float:
        """The share of drafting that makes steps longer."""
        drafting = median(self._drafting) if self._drafting else 0.0
        return max(0.0, 1.0 - self.free_drafting / drafting) if drafting else 1.0

    def drafting(self, nodes: int) -> float:
        """Expected seconds of drafting so many nodes, as far as they show."""
        return self._shown.at(nodes) if self._shown.known else 0.0

    def at(self, nodes: int) -> float:
        """Expected seconds of a step with so many nodes, apart from passes of the draft that show."""
        return max(self.stream, self._arithmetic.at(nodes)) + self._rest.at(nodes)

    def saw(self, drafted: int, nodes: int, span: StepSpan, passes: float) -> None:
        """Take a step into account.

        Args:
            drafted, nodes: Nodes of the tree, and those of them that were verified.
            passes: Seconds of drafting that were passes of the draft.
        """
        self._steps += 1
        if self._steps == 2:
            # What is computed for the first time takes longer: better than nothing while it is all there is.
            self._arithmetic, self._rest, self._shown = CostCurve(), CostCurve(), CostCurve()
        arriving = span.verifying + span.hidden
        if span.waited > _NOTICEABLE * arriving:
            self._streams.append(arriving)
        self._arithmetic.saw(nodes, max(arriving - span.waited, 0.0), arriving)
        if span.drafting:
            self._shown.saw(drafted, span.drafting - span.hidden, arriving)
        rest = span.total - max(0.0, passes - span.hidden) - arriving
        self._rest.saw(nodes, max(rest, 0.0), arriving)
        if not self._streams:
            return
        self._idle.append(self.stream - (span.verifying - span.waited))
        whole = span.hidden > 0.95 * span.drafting
        known = max(self._sheltered, default=0.0)
        self._sheltered.append(max(known, _FURTHER * span.hidden) if whole else span.hidden)
        self._drafting.append(span.drafting)
        self._passes.append(passes)
