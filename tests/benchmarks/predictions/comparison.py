"""What was predicted beside what was measured, as tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from operator import add
from statistics import median

from core.sizes import format_size

BARS = {"memory": 0.05, "pass": 0.15, "before": 0.35, "after": 0.15}
SLACK = 100 << 20


@dataclass(frozen=True, slots=True)
class Load:
    """What was loaded: bytes, tokens and layers."""

    model: str
    limit: int
    context: int
    budget: int
    resident: int
    layers: int


@dataclass(frozen=True, slots=True)
class Trial:
    """What was predicted after one measurement of the machine, and what four replies then did.

    Attributes:
        causes: Seconds of a step by cause, predicted and measured, where what is hidden behind others counts to none.
        before, after: Tokens per second predicted without any reply, and after one.
        step_seconds, tokens_per_step: Predicted after one.
        tokens, steps, seconds: Of the replies that came then.
    """

    causes: dict[str, tuple[float, float]]
    before: float
    after: float
    step_seconds: float
    tokens_per_step: float
    tokens: int
    steps: int
    seconds: float

    @property
    def pass_error(self) -> float:
        expected, found = map(add, self.causes["stream"], self.causes["compute"])
        return float(expected / found - 1)


@dataclass(frozen=True, slots=True)
class Comparison:
    """A load and its trials; errors are shares of what was measured, +0.1 is 10 % too much.

    Attributes:
        ram, first_token: Bytes at the peak, and seconds to the first token; predicted and measured.
    """

    load: Load
    ram: tuple[int, int]
    first_token: tuple[float, float]
    trials: tuple[Trial, ...]

    @property
    def tokens_per_second(self) -> float:
        return sum(trial.tokens for trial in self.trials) / sum(trial.seconds for trial in self.trials)

    @property
    def ram_error(self) -> float:
        return self.ram[0] / self.ram[1] - 1

    def errors(self, name: str) -> list[float]:
        """Of each trial: "pass", or "before" or "after" the reply that calibrates."""
        if name == "pass":
            return [trial.pass_error for trial in self.trials]
        return [getattr(trial, name) / self.tokens_per_second - 1 for trial in self.trials]


def table(rows: Sequence[Comparison]) -> Iterator[str]:
    yield (
        "| model | resident | limit | context | nodes | RAM | | pass | tokens per step | s per step "
        "| tok/s | before | after one |"
    )
    yield "|" + " --- |" * 13
    for row in rows:
        load, trials = row.load, row.trials
        steps, seconds = sum(trial.steps for trial in trials), sum(trial.seconds for trial in trials)
        tokens = sum(trial.tokens for trial in trials)
        yield (
            f"| {load.model} | {load.resident} of {load.layers} | {format_size(load.limit) if load.limit else 'none'} "
            f"| {load.context} | {load.budget} | {format_size(row.ram[0])} | {row.ram_error:+.1%} "
            f"| {_spread(row.errors('pass'))} "
            f"| {median(trial.tokens_per_step for trial in trials):.2f} / {tokens / steps:.2f} "
            f"| {median(trial.step_seconds for trial in trials):.3f} / {seconds / steps:.3f} "
            f"| {row.tokens_per_second:.2f} | {_spread(row.errors('before'))} | {_spread(row.errors('after'))} |"
        )


def _spread(errors: Sequence[float]) -> str:
    return f"{median(errors):+.0%} ({min(errors):+.0%} to {max(errors):+.0%})"


def bars(rows: Sequence[Comparison]) -> Iterator[str]:
    near = [abs(row.ram_error) <= BARS["memory"] or abs(row.ram[0] - row.ram[1]) <= SLACK for row in rows]
    yield f"RAM within 5 % or 100 MiB: {sum(near)} of {len(rows)}; lowest {min(row.ram_error for row in rows):+.1%}"
    words = {
        "pass": "seconds of a pass within 15 %",
        "before": "tokens per second within 35 % before any reply",
        "after": "tokens per second within 15 % after one",
    }
    for name, text in words.items():
        middle = [median(row.errors(name)) for row in rows]
        single = [error for row in rows for error in row.errors(name)]
        yield f"{text}: {_inside(middle, BARS[name])}; single trials {_inside(single, BARS[name])}"


def _inside(errors: Sequence[float], bar: float) -> str:
    return f"{sum(abs(error) <= bar for error in errors)} of {len(errors)}, worst {max(errors, key=abs):+.0%}"


def by_cause(rows: Sequence[Comparison]) -> Iterator[str]:
    yield "| model | resident | nodes | stream | compute | draft | sample | first token |"
    yield "|" + " --- |" * 8
    for row in rows:
        pairs = [[trial.causes[cause] for trial in row.trials] for cause in row.trials[0].causes]
        cells = " | ".join(
            f"{median(expected for expected, _ in pair):.3f} / {median(found for _, found in pair):.3f}"
            for pair in pairs
        )
        first = f"{row.first_token[0]:.2f} / {row.first_token[1]:.2f}"
        yield f"| {row.load.model} | {row.load.resident} of {row.load.layers} | {row.load.budget} | {cells} | {first} |"
