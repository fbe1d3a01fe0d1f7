"""What the measurements come to: speeds, ratios, and whether each bar holds."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from core.sizes import format_size
from tests.benchmarks.offload.entries import PENJING
from tests.benchmarks.offload.job import PassResult, Result

EFFICIENCY = 0.85
TREE = 1.25
LOAD_SECONDS = 1.0


@dataclass(frozen=True)
class Figures:
    """A contestant's figures over all its replies.

    Attributes:
        tokens_per_second: Of whole replies, from the question to the last token: what is compared. The pass that reads
            the prompt belongs to it, since it may bring one token or a dozen.
        decoding_per_second: The same without that pass and its tokens.
        seconds_per_pass: Median over the target's passes.
        tokens_per_step: Tokens / passes of the target.
        first_seconds: Until the first token, on average.
        read_per_token: Bytes from the drive while decoding; None where nobody counted.
    """

    tokens_per_second: float
    decoding_per_second: float
    tokens_per_step: float
    seconds_per_pass: float
    first_seconds: float
    read_per_token: float | None


@dataclass(frozen=True)
class Contender:
    """How a contestant fared.

    Attributes:
        trials: What each of its settings came to in a short trial, in words; empty if there was no choice.
        result, figures: None if it failed; `failure` then says how.
        group_peak: Bytes its control group held at most, page cache included; None where nobody counted.
        bar: How many times as fast as it Penjing has to be; None without such a bar.
        conditions: Under which it ran, in a sentence.
    """

    name: str
    title: str
    trials: list[str]
    result: Result | None
    figures: Figures | None
    failure: str
    group_peak: int | None
    bar: float | None
    conditions: str


@dataclass(frozen=True)
class Placement:
    """Passes of Penjing under one limit. `result` is None if it failed; `failure` then says how.

    `conditions` says in a sentence how the limits were kept.
    """

    limit: int
    result: PassResult | None
    failure: str
    group_peak: int | None
    conditions: str

    @property
    def within(self) -> bool:
        """Whether it ran, and its process never held more than the limit."""
        return self.result is not None and self.result.peak_resident <= self.limit


@dataclass(frozen=True)
class Load:
    """Seconds of imports, and of a load of the demo pair after them."""

    import_seconds: float
    load_seconds: float


@dataclass(frozen=True)
class Bar:
    """What was asked for, and what came of it."""

    what: str
    bar: str
    measured: str
    holds: bool


def figures(result: Result) -> Figures:
    replies = result.replies
    passes = [seconds for reply in replies for seconds in reply.passes]
    tokens = sum(len(reply.tokens) for reply in replies)
    decoded = tokens - sum(reply.first_tokens for reply in replies)
    seconds = sum(reply.seconds - reply.first_seconds for reply in replies)
    read = [reply.read_bytes for reply in replies if reply.read_bytes is not None]
    return Figures(
        tokens_per_second=tokens / sum(reply.seconds for reply in replies),
        decoding_per_second=decoded / seconds if decoded else 0.0,
        tokens_per_step=tokens / (len(passes) + len(replies)),
        seconds_per_pass=statistics.median(passes) if passes else 0.0,
        first_seconds=statistics.mean(reply.first_seconds for reply in replies),
        read_per_token=sum(read) / decoded if read and decoded else None,
    )


def same_replies(one: Result, other: Result) -> int:
    """Replies that are equal token by token."""
    return sum(mine.tokens == theirs.tokens for mine, theirs in zip(one.replies, other.replies, strict=True))


def efficiency(result: PassResult, index: int = 0) -> float:
    """How much of the drive's rate passes made use of: bytes streamed / rate of direct reads / seconds of a pass."""
    return result.bytes_per_pass / statistics.mean(result.bandwidth) / statistics.median(result.seconds[index])


def tree_ratio(result: PassResult) -> float:
    """How many times as long as with the first number of nodes a pass with the last takes."""
    return statistics.median(result.seconds[-1]) / statistics.median(result.seconds[0])


def speed_bars(contenders: Sequence[Contender]) -> list[Bar]:
    """One bar for each peer that ran beside Penjing. Against a peer that failed there is no ratio, so no bar holds."""
    ours = next((contender for contender in contenders if contender.name == PENJING), None)
    return [
        _speed_bar(ours, theirs, theirs.bar) for theirs in contenders if ours is not None and theirs.bar is not None
    ]


def _speed_bar(ours: Contender, theirs: Contender, bar: float) -> Bar:
    times = ratio(ours.figures, theirs.figures)
    measured = f"{times:.1f} ×" if times is not None else ours.failure or theirs.failure or "no speed"
    what = f"tokens per second against {theirs.title}"
    return Bar(what, f"≥ {bar:.0f} ×", measured, times is not None and times >= bar)


def ratio(ours: Figures | None, theirs: Figures | None) -> float | None:
    """How many times as fast we were; None if one of the two has no speed."""
    if ours is None or theirs is None:
        return None
    return ours.tokens_per_second / theirs.tokens_per_second


def placement_bars(placements: Sequence[Placement], nodes: Sequence[int]) -> list[Bar]:
    """Bars on passes, from the placement that streams most, and on memory, from all."""
    if not placements:
        return []
    bars = []
    streaming = placements[0].result
    if streaming is not None and streaming.bytes_per_pass:
        used, times = efficiency(streaming), tree_ratio(streaming)
        bars += [
            Bar("streaming efficiency", f"≥ {EFFICIENCY}", f"{used:.2f}", used >= EFFICIENCY),
            Bar(f"a pass of {nodes[-1]} nodes / of {nodes[0]}", f"≤ {TREE}", f"{times:.2f}", times <= TREE),
        ]
    held = sum(placement.within for placement in placements)
    limits = f"{format_size(placements[0].limit)} to {format_size(placements[-1].limit)}"
    count = len(placements)
    bars.append(Bar(f"peak resident memory within --ram, {limits}", f"{count} of {count}", str(held), held == count))
    return bars


def load_bar(load: Load) -> Bar:
    seconds = load.load_seconds
    return Bar("load of the demo pair", f"≤ {LOAD_SECONDS} s", f"{seconds:.2f} s", seconds <= LOAD_SECONDS)
