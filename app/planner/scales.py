"""What the planner's sliders stand for: stops of the context and the budget, and the useful range of a memory limit."""

from __future__ import annotations

from dataclasses import dataclass

from app.language import tr
from core.errors import BadRequest
from core.sizes import parse_size

MIB, GIB = 1 << 20, 1 << 30
TICKS = 1000
"""Positions of a limit slider; the last one means no limit."""

SMALLEST_CONTEXT = 512
BUDGET_STOPS: tuple[int | None, ...] = (
    None, 1, 2, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512,
)  # fmt: skip
"""None leaves the budget to the planner."""

RESERVE_STOPS = tuple(GIB * quarters // 4 for quarters in (0, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 64))
"""Bytes that can be kept for the rest of the computer."""

NO_LIMIT = tr("no limit")
AUTO = tr("auto")


def context_stops(limit: int) -> tuple[int, ...]:
    """Context sizes from 512 to the model's limit, each half as much again as a power of two or one itself."""
    stops = []
    size = SMALLEST_CONTEXT
    while size < limit:
        stops.append(size)
        if size * 3 // 2 < limit:
            stops.append(size * 3 // 2)
        size *= 2
    return (*stops, limit)


@dataclass(frozen=True, slots=True)
class LimitScale:
    """The range of a limit slider, in bytes, whatever the size of model and engine.

    Attributes:
        minimum, resident: From where the model runs at all, and from where every layer is resident.
        low, high: The ends: a little below and above.
        step: Limits are multiples of this, so that what is shown is what is meant.
    """

    minimum: int
    resident: int
    low: int
    high: int
    step: int

    @classmethod
    def between(cls, minimum: int, resident: int, total: int) -> LimitScale:
        """The scale of a tier that has `total` bytes: nobody can set more than there is."""
        margin = max((min(resident, total) - minimum) * 6 // 100, MIB)
        high = min(resident + margin, total)
        low = max(0, min(minimum, high) - margin)
        step = GIB // 10 if high - low > 32 * GIB else MIB if high - low > 256 * MIB else MIB // 10
        return cls(minimum, resident, low, high, step)

    def limit_at(self, tick: int) -> int | None:
        """The limit at a position of the slider."""
        if tick >= TICKS:
            return None
        exact = self.low + (self.high - self.low) * tick / (TICKS - 1)
        return max(0, round(exact / self.step)) * self.step

    def tick_of(self, limit: int | None) -> int:
        """The nearest position of a limit."""
        if limit is None:
            return TICKS
        return round(self.share_of(limit) * (TICKS - 1))

    def share_of(self, limit: int) -> float:
        """Where a limit lies between the ends, from 0 to 1."""
        return min(max((limit - self.low) / max(1, self.high - self.low), 0.0), 1.0)


def limit_words(limit: int | None) -> str:
    """A limit as the field shows it, exact to a tenth of a MiB, and as `read_limit` reads it."""
    if limit is None:
        return NO_LIMIT
    tenths = limit * 10 / GIB
    if limit >= 10 * GIB or (limit >= GIB and abs(tenths - round(tenths)) < 1e-6):
        return f"{limit / GIB:.1f} GiB"
    return f"{limit / MIB:.1f} MiB"


def read_reserve(text: str) -> int:
    """A reserve as typed. Raises BadRequest if it is no size."""
    return parse_size(text) if text.strip() not in ("", "0") else 0


def read_limit(text: str) -> int | None:
    """A limit as typed. Raises BadRequest if it is no size."""
    return None if text.strip().lower() in ("", "none", "no limit", NO_LIMIT) else parse_size(text)


def context_words(context: int) -> str:
    """A context as the field shows it: "8k", "1.5k", "768"."""
    return f"{context / 1024:g}k" if context >= 1024 and context % 512 == 0 else str(context)


def read_context(text: str) -> int:
    """A context as typed: "8k" or a number of tokens. Raises BadRequest if it is neither."""
    return _read_number(text, tr("context"), tr("Write a number of tokens, such as 8k or 6000."))


def budget_words(budget: int | None) -> str:
    """A budget as the field shows it."""
    return AUTO if budget is None else str(budget)


def read_budget(text: str) -> int | None:
    """A budget as typed, at most 512 nodes. Raises BadRequest if it is neither that nor "auto"."""
    remedy = tr("Write auto or a number of nodes from 1 to 512.")
    if not text.strip() or text.strip().lower().startswith(("auto", AUTO)):
        return None
    budget = _read_number(text, tr("budget"), remedy)
    if budget > 512:
        raise BadRequest(tr("The budget is {budget}.", budget=budget), remedy)
    return budget


def _read_number(text: str, name: str, remedy: str) -> int:
    bare = text.strip().lower().removesuffix("k")
    try:
        number = round(float(bare) * (1024 if text.strip().lower().endswith("k") else 1))
    except (ValueError, OverflowError):
        raise BadRequest(tr("{text!r} is no {name}.", text=text, name=name), remedy) from None
    if number < 1:
        raise BadRequest(tr("The {name} is {number}.", name=name, number=number), remedy)
    return number
