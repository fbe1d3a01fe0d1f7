"""What drafting is worth: nodes, draft passes and sources are paid for while they bring tokens faster than before."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from statistics import median, median_low

from core.drafting.ration import Ration
from core.drafting.step_cost import StepCost, StepSpan

_MEMORY = 0.93
"""Share of what was seen that is kept per step: about the last 15 steps count."""

FEW = 8
"""Nodes of the first trees where nothing is known: cheap should drafting go off soon. They double while they pay, and
where weights are waited for they become at once as large as costs nothing."""

MANY = 64
"""Nodes of the first trees where weights stream: drafting goes on there, but larger ones may take longer to draft."""

_SHRINKS = 0.8
"""How fast room for nodes goes that were not worth verifying."""

_CHEAP = 0.1
"""Share of a step up to which drafting that shows is no reason to let trees grow slowly."""

_RECENT = 33
"""Passes of the draft, and steps, whose median counts."""

_LEAST_PRICE = 0.01
"""Tokens that a pass of the draft must bring even if it costs no time: some do not bring any."""

_PLAIN = 7
"""Steps of plain decoding whose median counts."""

_BEFORE = 2
"""Steps with trees before anything else is done."""

_FIRST_LOOK = 2
"""Steps of plain decoding at first: what is computed for the first time takes longer."""

_CURIOSITY = 0.02
"""Share of the tokens that may be lost to finding out whether another way of decoding has become faster."""

_BETWEEN = (12, 128)
"""Tokens at least, and at most, between two looks at another way."""

_MOST_IN_VAIN = 3
"""Looks in vain, one after the other, up to which each doubles the time to the next."""

_TRIAL, _TRIAL_NODES = 4, 8
"""Steps of a trial of drafting while it is off, if it does not look hopeless before, and nodes of its trees."""

_FADED = 0.1
"""Share of the past that still counts in a trial."""

_MARGIN = 1.03
"""How much faster plain decoding must be for drafting to go off."""

_EARLY, _CLEARLY = 3, 1.5
"""Steps after which that can be decided if it is so much faster; otherwise it takes twice as many."""


class Economy:
    """Learns what steps cost and what trees bring, and answers what is worth its price.

    With R tokens per second at present, a second is worth R tokens (Dinkelbach's method for the largest ratio of tokens
    to seconds): a node, a draft pass or a source that brings fewer tokens than its seconds are worth lowers the rate.

    Args:
        start: Nodes of the first trees. Where the target waits for weights, many cost no more than few.

    Attributes:
        active: Whether it is asked at all: not where somebody fixed the budget.
        steps: What steps cost.
        draft_seconds: What a pass of the draft takes, with all that belongs to it.
        off: Whether plain decoding has proved faster.
    """

    def __init__(self, start: int = FEW) -> None:
        self.active = False
        self.steps = StepCost()
        self.draft_seconds = 0.0
        self.off = False
        self._plain: deque[float] = deque(maxlen=_PLAIN)
        self._plain_at_best: deque[float] = deque(maxlen=_RECENT)
        self._drafts: deque[float] = deque(maxlen=_RECENT)
        self._rations: dict[str, Ration] = {}
        self._room = start
        self._tokens = self._seconds = self._steps = 0.0  # with trees, the older the less
        self._promised = self._accepted = 0.0
        self._seen = 0
        self._since = 0.0  # tokens since the last look at another way of decoding
        self._in_vain = 0
        self._trial = 0
        # Of the step in progress: whether it drafts at all, whether its tree is left as large as it was to be, and what
        # passes of the draft have taken.
        self._drafting, self._whole, self._drafted, self._offered = True, False, 0.0, 0

    @property
    def rate(self) -> float:
        """Tokens per second while drafting; 0 before anything was seen."""
        return self._tokens / self._seconds if self._seconds else 0.0

    @property
    def plain_rate(self) -> float:
        """Tokens per second of plain decoding; 0 before it was tried."""
        return 1.0 / median_low(self._plain) if self._plain else 0.0

    def budget(self, ceiling: int) -> int:
        """Most nodes of the next tree: 1 while drafting is off, now and then another size to learn what it brings."""
        self._drafting, self._whole, self._drafted, self._offered = True, False, 0.0, 0
        if self.off and not self._trial and self._may_lose(self._trial_price):
            self._trial = _TRIAL
            # So that the trial counts for more than what led here.
            self._tokens *= _FADED
            self._seconds *= _FADED
            self._steps *= _FADED
        if self._trial:
            self._whole = True
            return min(ceiling, _TRIAL_NODES)
        if self.off or (self._plain_might_pay and self._may_lose(self.rate * self._plain_guess - 1.0)):
            self._drafting = False
            return 1
        # Trees twice as large as what paid lately: a larger one is found out, and few nodes are drafted in vain.
        return min(ceiling, self._room)

    def takes_part(self, source: str) -> bool:
        """Whether a source is asked in the step in progress."""
        return not self.active or self._rations.setdefault(source, Ration()).due()

    def share(self, source: str) -> float:
        """The share of steps in which a source takes part at present."""
        return self._rations[source].share if self.active and source in self._rations else 1.0

    def nodes(self, probabilities: Sequence[float]) -> int:
        """How many nodes of a tree are worth verifying.

        Args:
            probabilities: That the target gets to each node, the root's 1 first, descending.
        """
        self._offered = len(probabilities)
        if self._whole or not self.steps.known:
            return len(probabilities)
        trust, rate, brought = self._trust, self.rate, 0.0
        worth, worth_drafting = [], []
        for count, probability in enumerate(probabilities, start=1):
            brought += probability * (trust if count > 1 else 1.0)
            worth.append(brought - rate * self.steps.at(count))
            worth_drafting.append(worth[-1] - rate * self.steps.drafting(count))
        self._make_room(1 + worth_drafting.index(max(worth_drafting)), len(probabilities))
        return 1 + worth.index(max(worth))

    def _make_room(self, best: int, offered: int) -> None:
        """Let the next tree have as many nodes as were worth drafting, and more if that were all.

        Args:
            best: Nodes that were worth it. offered: That there were.
        """
        settled = self._seen > 2 * _EARLY or (self._seen >= _BEFORE and not self._plain_might_pay)
        if settled:
            self._room = max(4, 2 * best if best == offered else best + best // 4, int(_SHRINKS * self._room))
        cheap = self.steps.drafting(offered) < _CHEAP * self.steps.at(offered)
        if best == offered and cheap and (settled or self._waits):
            self._room = max(self._room, self.steps.free_nodes)

    def draft_price(self, passes: int) -> float | None:
        """Tokens that a further pass of the draft costs, as far as it is not hidden; None where that is no matter.

        Args:
            passes: That the tree took so far.
        """
        if self._whole or not self.rate:
            return None
        shows = (passes + 1) * self.draft_seconds - self.steps.free_passes
        return max(_LEAST_PRICE, self.rate * min(max(shows, 0.0), self.draft_seconds) / self._trust)

    def saw_draft(self, seconds: float) -> None:
        """Take a pass of the draft into account. What it takes hardly depends on how many nodes are expanded."""
        self._drafts.append(seconds)
        self._drafted += seconds
        self.draft_seconds = median(self._drafts)

    def saw_sources(self, tokens: Mapping[str, float], seconds: Mapping[str, float]) -> None:
        """Take into account what each source that took part in the step brought, and how long it took.

        What is hidden of drafting costs nothing, and is not charged to anybody.
        """
        for source, taken in seconds.items():
            if self.active and source in self._rations:
                self._rations[source].saw(tokens.get(source, 0.0), self.steps.shows * taken, self.rate)

    def saw_step(self, probabilities: Sequence[float], accepted: int, span: StepSpan) -> None:
        """Take a step into account.

        Args:
            probabilities: As predicted, of each node of the tree, the root included.
            accepted: Drafted tokens that the target agreed with.
            span: What it took.
        """
        self._since += accepted + 1
        if not self._drafting:
            self._plain.append(span.total)
            if not self.off:
                self._looked()
            return
        nodes = len(probabilities)
        self.steps.saw(max(nodes, self._offered), nodes, span, self._drafted)
        self._plain_at_best.append(span.hidden + span.waited + (span.verifying - span.waited) / nodes)
        self._tokens = _MEMORY * self._tokens + accepted + 1
        self._seconds = _MEMORY * self._seconds + span.total
        self._steps = _MEMORY * self._steps + 1
        self._promised = _MEMORY * self._promised + sum(probabilities) - 1
        self._accepted = _MEMORY * self._accepted + accepted
        self._seen += 1
        if self._trial:
            self._trial = self._trial - 1 if self.plain_rate < _CLEARLY * self.rate else 0
            if not self._trial:
                self._looked()
        else:
            self._decide()

    @property
    def _trust(self) -> float:
        """How many tokens are accepted for each that predictions promise."""
        return (self._accepted + 5) / (self._promised + 5)

    @property
    def _plain_guess(self) -> float:
        """Seconds that a step without a tree probably takes."""
        return median_low(self._plain) if self._plain else self.steps.at(1)

    @property
    def _trial_price(self) -> float:
        """Tokens that plain decoding writes in the time of a trial beyond those of the trial."""
        return _TRIAL * (self.plain_rate * self._seconds - self._tokens) / self._steps

    @property
    def _plain_might_pay(self) -> bool:
        """Whether plain decoding could be faster."""
        return self._seen >= _BEFORE and not self._waits

    @property
    def _waits(self) -> bool:
        """Whether weights alone take longer than plain decoding might: at best its arithmetic shrinks with the rows."""
        return max(self.steps.stream, median(self._plain_at_best)) * self.rate >= 1.0

    def _may_lose(self, tokens: float) -> bool:
        """Whether enough was won since the last look at another way to lose so many to the next. The first is free."""
        least, most = _BETWEEN
        between = min(max(least, tokens / _CURIOSITY * 2**self._in_vain), most * 2**self._in_vain)
        return self._since >= between or len(self._plain) < _FIRST_LOOK

    def _looked(self) -> None:
        """Another way was looked at: go that way, or wait longer until the next look."""
        self._since = 0.0
        self._in_vain = min(self._in_vain + 1, _MOST_IN_VAIN)
        self._decide()

    def _decide(self) -> None:
        """Whether drafting is on or off from now on."""
        if self._seen < _EARLY:
            return
        margin = _MARGIN if self._seen > 2 * _EARLY else _CLEARLY
        off = self.plain_rate > margin * self.rate
        if off != self.off:
            self.off, self._in_vain = off, 0
