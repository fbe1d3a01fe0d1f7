"""The report of a run on an NVIDIA device, as Markdown."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from core.sizes import format_size
from tests.benchmarks.offload.cuda.passes import DevicePasses
from tests.benchmarks.offload.figures import EFFICIENCY, TREE, Bar, Figures
from tests.benchmarks.offload.report import table

CONDITIONS = (
    (
        "Models: stand-ins in bfloat16 with the layers of known models, as many as it says, and the demo draft. What "
        "is not resident waits in RAM. Penjing keeps to `--vram`; accelerate may fill as much with weights alone."
    ),
    (
        "A pass is timed from one step to the next with trees of a fixed shape, drafting left out; efficiency is bytes "
        "streamed / rate of copies from locked pages measured before and after / seconds of a pass."
    ),
)


@dataclass(frozen=True)
class Speed:
    """What a contestant came to on one model; `figures` is None if it failed, and `failure` then says how."""

    model: str
    title: str
    how: str
    figures: Figures | None
    failure: str


@dataclass
class Report:
    """A run, as far as it has got.

    Attributes:
        locked, pageable: Copies from RAM to the device, bytes per second.
        passes: One list for each model, the placement with the fewest resident layers first.
        left_out: What there was no time for, or what failed, in sentences.
    """

    date: str
    machine: dict[str, str]
    versions: dict[str, str | None]
    locked: float
    pageable: float
    passes: list[list[DevicePasses]] = field(default_factory=list)
    speeds: list[Speed] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)


def as_markdown(report: Report) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in report.versions.items() if version)
    bus = f"{report.locked / 1e9:.1f} GB/s from locked pages, {report.pageable / 1e9:.1f} GB/s from others"
    conditions = [
        f"Machine: {', '.join(report.machine.values())}.",
        f"Versions: {versions}.",
        f"Copies from RAM to the device: {bus}.",
        *CONDITIONS,
    ]
    parts = [f"# Offload to an NVIDIA device, {report.date}", "\n".join(f"* {line}" for line in conditions)]
    for placements in report.passes:
        parts += [f"## Passes of {placements[0].model}", _pass_table(placements)]
    if report.speeds:
        parts += ["## Speed", _speed_table(report.speeds)]
        parts += ["\n".join(f"* {speed.model}, {speed.title}: {speed.how}." for speed in report.speeds if speed.how)]
    rows = ([bar.what, bar.bar, bar.measured, "holds" if bar.holds else "missed"] for bar in bars(report))
    parts += ["## Bars", table(("what", "bar", "measured", ""), rows)]
    if report.left_out:
        parts += ["## Left out", "\n".join(f"* {line}" for line in report.left_out)]
    return "\n\n".join(parts) + "\n"


def efficiency(passes: DevicePasses, index: int = 0) -> float:
    """How much of the bus passes made use of: bytes streamed / rate of locked copies / seconds of a pass."""
    return passes.bytes_per_pass / statistics.mean(passes.bus) / statistics.median(passes.seconds[index])


def bars(report: Report) -> list[Bar]:
    found = []
    for placements in report.passes:
        first, name = placements[0], placements[0].model
        for passes in placements:
            used = efficiency(passes)
            what = f"{name}, {passes.resident} of {passes.layers} layers resident: efficiency"
            found.append(Bar(what, f"≥ {EFFICIENCY}", f"{used:.2f}", used >= EFFICIENCY))
        for count, seconds in zip(first.nodes[1:], first.seconds[1:], strict=True):
            times = statistics.median(seconds) / statistics.median(first.seconds[0])
            if count <= 64:
                what = f"{name}, all streamed: a pass of {count} nodes / of {first.nodes[0]}"
                found.append(Bar(what, f"≤ {TREE}", f"{times:.2f}", times <= TREE))
        within = sum(passes.vram_peak <= passes.vram_limit for passes in placements)
        count = len(placements)
        found.append(Bar(f"{name}: peak of VRAM within --vram", f"{count} of {count}", str(within), within == count))
    return found


def _pass_table(placements: Sequence[DevicePasses]) -> str:
    nodes = placements[0].nodes
    timed = ["s, 1 node" if count == 1 else f"s, {count} nodes" for count in nodes]
    rest = ("efficiency", "of all streaming", "of its bytes", "load")
    head = ("resident layers", "--vram", "peak", "streamed", *timed, *rest)
    return table(head, (_pass_row(passes, placements[0]) for passes in placements))


def _pass_row(passes: DevicePasses, first: DevicePasses) -> list[str]:
    medians = [statistics.median(seconds) for seconds in passes.seconds]
    return [
        f"{passes.resident} of {passes.layers}",
        format_size(passes.vram_limit),
        format_size(passes.vram_peak),
        format_size(passes.bytes_per_pass),
        *(f"{median:.4f}" for median in medians),
        f"{efficiency(passes):.2f}",
        f"{medians[0] / statistics.median(first.seconds[0]):.2f}",
        f"{passes.bytes_per_pass / first.bytes_per_pass:.2f}",
        f"{passes.load_seconds:.1f} s",
    ]


def _speed_table(speeds: Sequence[Speed]) -> str:
    head = ("model", "contestant", "tokens per second", "Penjing is", "tokens per step", "s per pass", "first token")
    return table(head, _speed_rows(speeds))


def _speed_rows(speeds: Sequence[Speed]) -> Iterator[list[str]]:
    for speed in speeds:
        ours = next(other.figures for other in speeds if other.model == speed.model)
        figures = speed.figures
        if figures is None:
            yield [speed.model, speed.title, speed.failure]
            continue
        times = ""
        if ours is not None and ours is not figures and figures.tokens_per_second:
            times = f"{ours.tokens_per_second / figures.tokens_per_second:.1f} × as fast"
        yield [
            speed.model,
            speed.title,
            f"{figures.tokens_per_second:.2f}",
            times,
            f"{figures.tokens_per_step:.2f}",
            f"{figures.seconds_per_pass:.3f}",
            f"{figures.first_seconds:.2f} s",
        ]
