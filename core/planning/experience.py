"""What earlier runs of a pair on this machine say about the next: plain data, and how it corrects a prediction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

RECENT = 8
"""Runs that count for seconds and bytes, the last ones: computers change."""

LASTING = 24
"""Runs that count for tokens per step."""

BELIEF = 45
"""Steps that the default of tokens per step weighs against those that were seen. The gain of one reply differs from the
mean by half of it (160 replies of the demo pair): it takes several to know a pair better than by the default."""

PACES = (0.2, 5.0)
"""Corrections beyond these are taken for disturbances, and cut."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What makes two loads of a pair alike as to speed.

    Attributes:
        streamed: Bytes that travel at each pass.
        itself: Whether the target drafts for itself, with substitutes of its layers.
    """

    device: str
    dtype: str
    budget: int
    streamed: int
    itself: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run was expected to do, or did. Zeros where nobody knows.

    Attributes:
        step_seconds: Seconds of a step, drafting included.
    """

    step_seconds: float = 0.0
    tokens_per_step: float = 0.0
    tokens_per_second: float = 0.0
    first_token: float = 0.0
    ram_bytes: int = 0
    vram_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Run:
    """A reply, with what was expected of it.

    Attributes:
        when: ISO date and time.
        basis: What would have been expected without any experience.
        expected: What the screen said.
        actual: What was measured.
        steps: Of the reply; the first, which reads the prompt, is left out of seconds and speeds.
    """

    when: str
    shape: Shape
    basis: Outcome
    expected: Outcome
    actual: Outcome
    steps: int


@dataclass(frozen=True, slots=True)
class Experience:
    """The runs of a pair on this machine, newest first."""

    runs: tuple[Run, ...] = ()

    def alike(self, shape: Shape, most: int = RECENT) -> tuple[Run, ...]:
        """The last runs of a shape; where there are none, those of the pair whatever their shape, but one's own kind of
        draft."""
        same = [run for run in self.runs if run.shape == shape]
        return tuple((same or [run for run in self.runs if run.shape.itself is shape.itself])[:most])

    def pace(self, shape: Shape, belief: int = 0) -> float:
        """By what to multiply the seconds of a step; 1 without experience.

        Args:
            belief: Steps that what was reckoned weighs against those that were seen.
        """
        seen = [run for run in self.alike(shape) if run.actual.step_seconds and run.basis.step_seconds]
        if not seen:
            return 1.0
        factor = median(run.actual.step_seconds / run.basis.step_seconds for run in seen)
        steps = sum(run.steps for run in seen)
        return min(max((steps * factor + belief) / (steps + belief), PACES[0]), PACES[1])

    def skill(self, shape: Shape) -> float:
        """By what to multiply the tokens that a step gains by its tree; 1 without experience.

        A short reply says little of the next, so that what was assumed before counts for some steps too.
        """
        last = self.alike(shape, LASTING)
        seen = [run for run in last if run.basis.tokens_per_step > 1.0 and run.actual.tokens_per_step]
        if not seen:
            return 1.0
        expected = sum(run.steps * (run.basis.tokens_per_step - 1.0) for run in seen)
        gained = sum(run.steps * (run.actual.tokens_per_step - 1.0) for run in seen)
        prior = BELIEF * (seen[0].basis.tokens_per_step - 1.0)
        return (gained + prior) / (expected + prior)

    def surplus(self, kind: Callable[[Outcome], int]) -> int:
        """Bytes of a memory by which the last runs went beyond what was expected of them; 0 if they did not."""
        # A short reply does not fill the context: that less was used says nothing of the next.
        return max((0, *(kind(run.actual) - kind(run.expected) for run in self.runs[:RECENT] if kind(run.actual))))

    def errors(self) -> tuple[float, ...]:
        """By how much the speeds that the screen said were off, newest first: +0.1 is 10 % too fast."""
        return tuple(
            run.expected.tokens_per_second / run.actual.tokens_per_second - 1
            for run in self.runs[:RECENT]
            if run.expected.tokens_per_second and run.actual.tokens_per_second
        )


NOTHING = Experience()
