"""Draws the contestants' speeds as horizontal bars: a picture in SVG, written by hand."""

from __future__ import annotations

from collections.abc import Sequence
from xml.sax.saxutils import escape

from tests.benchmarks.offload.figures import Contender

WIDTH, ROW, LABELS, BARS, MARGIN = 720, 34, 210, 400, 16
OURS, THEIRS, INK, PAPER = "#2f7d4f", "#9aa5a0", "#1f2a24", "#ffffff"


def as_svg(contenders: Sequence[Contender], title: str) -> str:
    """One bar for each contestant, its length the tokens per second; where there is none, what happened."""
    speeds = [contender.figures.tokens_per_second if contender.figures else 0.0 for contender in contenders]
    most = max(speeds, default=0.0) or 1.0
    height = 2 * MARGIN + ROW * (len(contenders) + 1)
    rows = [
        _row(contender, speed, BARS * speed / most, MARGIN + ROW * (index + 1))
        for index, (contender, speed) in enumerate(zip(contenders, speeds, strict=True))
    ]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}">',
            f'<g font-family="system-ui, sans-serif" font-size="14" fill="{INK}">',
            f'<rect width="{WIDTH}" height="{height}" rx="8" fill="{PAPER}"/>',
            f'<text x="{MARGIN}" y="{MARGIN + 14}" font-weight="600">{escape(title)}</text>',
            *rows,
            "</g>",
            "</svg>\n",
        ]
    )


def _row(contender: Contender, speed: float, length: float, top: int) -> str:
    colour = OURS if contender.name.startswith("penjing") else THEIRS
    value = f"{speed:.2f}" if contender.figures else contender.failure
    return (
        f'<text x="{LABELS}" y="{top + 19}" text-anchor="end">{escape(contender.title)}</text>'
        f'<rect x="{LABELS + 10}" y="{top + 4}" width="{length:.1f}" height="22" rx="3" fill="{colour}"/>'
        f'<text x="{LABELS + 18 + length:.1f}" y="{top + 19}">{escape(value)}</text>'
    )
