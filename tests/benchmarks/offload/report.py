"""The report of a run: for the terminal and docs/benchmarks as Markdown, and every figure as JSON."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from core.sizes import format_size
from tests.benchmarks.offload.entries import PENJING
from tests.benchmarks.offload.figures import Bar, Contender, Load, Placement, efficiency, same_replies


@dataclass(frozen=True)
class Report:
    """A whole run.

    Attributes:
        machine, versions: Names and values.
        conditions: Sentences about model, prompts, limits and caches.
        nodes: The sizes of the trees in `placements`.
    """

    date: str
    machine: dict[str, str]
    versions: dict[str, str | None]
    conditions: list[str]
    contenders: list[Contender]
    nodes: list[int]
    placements: list[Placement]
    load: Load | None
    bars: list[Bar]


def as_markdown(report: Report, plot: str | None = None) -> str:
    """The report as text. `plot` is the name of a picture to show."""
    parts = [f"# Offload benchmark, {report.date}", _conditions(report)]
    if report.contenders:
        parts += ["## Speed under one limit", SPEEDS, _speed_table(report.contenders)]
        parts += [f"![Tokens per second of each contestant]({plot})"] if plot else []
        parts += ["\n".join(_settings(report.contenders))]
    if report.placements:
        parts += ["## Passes and memory", PLACEMENTS, _placement_table(report.placements, report.nodes)]
    if report.load:
        parts += ["## Start", _start(report.load)]
    parts += ["## Bars", _bar_table(report.bars)]
    return "\n\n".join(parts) + "\n"


SPEEDS = (
    "Tokens per second are those of whole replies, from the question to the last token. Beside them what is left when "
    "the pass that reads the prompt and its tokens are not counted: with Penjing that pass verifies a tree too."
)

PLACEMENTS = (
    "Penjing alone, each limit being both `--ram` and a control group of that size. A pass is timed with trees of a "
    "fixed shape, drafting left out; efficiency is bytes streamed / rate of direct reads measured in the same process "
    "/ seconds of a pass."
)


def _conditions(report: Report) -> str:
    machine = ", ".join(report.machine.values())
    versions = ", ".join(f"{name} {version}" for name, version in report.versions.items() if version)
    lines = [f"Machine: {machine}.", f"Versions: {versions}.", *report.conditions]
    return "\n".join(f"* {line}" for line in lines)


def _speed_table(contenders: Sequence[Contender]) -> str:
    head = (
        "contestant", "tokens per second", "Penjing is", "after the first pass", "Penjing is", "tokens per step",
        "s per pass", "first token", "peak RSS", "peak with page cache", "read per token", "same replies",
    )  # fmt: skip
    ours = next((contender for contender in contenders if contender.name == PENJING), contenders[0])
    return table(head, (_speed_row(contender, ours) for contender in contenders))


def _speed_row(contender: Contender, ours: Contender) -> list[str]:
    figures, result = contender.figures, contender.result
    if figures is None or result is None:
        return [contender.title, contender.failure, *[""] * 10]
    whole = decoding = ""
    if ours.figures is not None and contender is not ours:
        whole = _times(ours.figures.tokens_per_second, figures.tokens_per_second)
        decoding = _times(ours.figures.decoding_per_second, figures.decoding_per_second)
    same = f"{same_replies(ours.result, result)} of {len(result.replies)}" if ours.result else ""
    return [
        contender.title,
        f"{figures.tokens_per_second:.2f}",
        whole,
        f"{figures.decoding_per_second:.2f}",
        decoding,
        f"{figures.tokens_per_step:.2f}",
        f"{figures.seconds_per_pass:.3f}",
        f"{figures.first_seconds:.2f} s",
        format_size(result.peak_resident),
        format_size(contender.group_peak) if contender.group_peak is not None else "",
        format_size(int(figures.read_per_token)) if figures.read_per_token is not None else "",
        same,
    ]


def _times(ours: float, theirs: float) -> str:
    return f"{ours / theirs:.1f} × as fast" if theirs else ""


def _settings(contenders: Sequence[Contender]) -> Iterator[str]:
    """What each ran with, and what else was tried for it."""
    for contender in contenders:
        how = contender.result.how if contender.result else contender.failure
        tried = f" Tried: {'; '.join(contender.trials)}." if contender.trials else ""
        yield f"* {contender.title}: {how}.{tried}"


def _placement_table(placements: Sequence[Placement], nodes: Sequence[int]) -> str:
    columns = [f"{what}, {count} nodes" if count > 1 else f"{what}, 1 node" for count in nodes for what in _TIMED]
    head = ("limit", "resident layers", *columns, "of all streaming", "peak RSS", "peak with page cache")
    return table(head, (_placement_row(placement, placements[0]) for placement in placements))


_TIMED = ("s per pass", "efficiency")


def _placement_row(placement: Placement, first: Placement) -> list[str]:
    result = placement.result
    if result is None:
        return [format_size(placement.limit), placement.failure]
    cells = [format_size(placement.limit), f"{result.resident} of {result.layers}"]
    for index, seconds in enumerate(result.seconds):
        cells.append(f"{statistics.median(seconds):.3f}")
        cells.append(f"{efficiency(result, index):.2f}" if result.bytes_per_pass else "")
    share = ""
    if first.result is not None:
        share = f"{statistics.median(result.seconds[0]) / statistics.median(first.result.seconds[0]):.2f}"
    peak = format_size(placement.group_peak) if placement.group_peak is not None else ""
    return [*cells, share, format_size(result.peak_resident), peak]


def _start(load: Load) -> str:
    imports = f"Importing torch and transformers: {load.import_seconds:.2f} s."
    return f"{imports} The demo pair after that: {load.load_seconds:.2f} s."


def _bar_table(bars: Sequence[Bar]) -> str:
    return table(
        ("what", "bar", "measured", ""),
        ([bar.what, bar.bar, bar.measured, "holds" if bar.holds else "missed"] for bar in bars),
    )


def table(head: Sequence[str], rows: Iterator[list[str]]) -> str:
    """A Markdown table whose columns also line up as plain text."""
    lines = [list(head), *([*row, *[""] * (len(head) - len(row))] for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    rule = ["-" * width for width in widths]
    rows_padded = (
        [cell.ljust(width) for cell, width in zip(line, widths, strict=True)] for line in (lines[0], rule, *lines[1:])
    )
    return "\n".join(f"| {' | '.join(line)} |" for line in rows_padded)
