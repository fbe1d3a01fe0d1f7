"""The monitor's numbers and states in words, and what each of them means."""

from __future__ import annotations

from app.drafters import drafter_words
from app.language import tr
from core.decoding.report import Speculation

DEFINITIONS = {
    "tokens per step": tr(
        "Committed tokens / steps of this reply: what was accepted, and the one that the target adds."
    ),
    "tokens per second": tr(
        "Committed tokens / seconds over the last 8 steps; for a finished reply over all steps but the "
        "first, which also reads the prompt."
    ),
    "draft": tr("Growing the tree."),
    "stream wait": tr("Waiting for weights that had not arrived yet."),
    "compute": tr("The target's pass over the tree."),
    "sample": tr("Choosing tokens and keeping the caches in order."),
}

CAUSE_WORDS = {
    "draft": tr("draft"),
    "stream wait": tr("stream wait"),
    "compute": tr("compute"),
    "sample": tr("sample"),
}


def speculation_words(speculation: Speculation | None) -> str:
    """Whether trees are drafted, by whom, and if not, why not."""
    if speculation is None:
        return tr("Nothing is loaded")
    if speculation.on:
        return tr("Speculation is on: {drafter}", drafter=drafter_words(speculation.drafter))
    return tr("Speculation is off: {why}", why=speculation.why) if speculation.why else tr("Speculation is off")


def number(value: float | None) -> str:
    """A figure with about three digits; a dash while there is none."""
    if value is None:
        return "–"
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 9.95 else f"{value:.2f}"


def rate(bytes_per_second: float | None) -> str:
    """A rate in GB/s as drives and buses are sold (10^9), in MB/s below one."""
    if bytes_per_second is None:
        return "–"
    if 1e4 <= bytes_per_second < 9.995e8:
        digits = 0 if bytes_per_second >= 1e7 else 2
        return f"{bytes_per_second / 1e6:.{digits}f} MB/s"
    return f"{bytes_per_second / 1e9:.1f} GB/s"
