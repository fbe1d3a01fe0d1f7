"""Speeds and durations as the panels say them."""

from __future__ import annotations

from app.language import tr
from core.planning.plan import Speed


def speed_range(speed: Speed) -> str:
    """The prediction as a range."""
    low, high = figure(speed.low), figure(speed.high)
    return f"{low} tok/s" if low == high else tr("{low} to {high} tok/s", low=low, high=high)


def figure(value: float) -> str:
    """A speed with about two digits that mean something."""
    return f"{value:.0f}" if value >= 20 else f"{value:.1f}" if value >= 0.95 else f"{value:.2f}"


def seconds_words(seconds: float) -> str:
    """A duration with its unit."""
    if seconds >= 0.9995:
        return f"{seconds:.2f} s"
    return f"{seconds * 1000:.0f} ms" if seconds >= 0.00995 else f"{seconds * 1000:.1f} ms"
