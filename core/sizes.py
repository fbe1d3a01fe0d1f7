"""Sizes in bytes as people write and read them: "1.5GiB", "800MiB", "8GB"; and large counts."""

from __future__ import annotations

import re

from core.errors import BadRequest

UNITS = {
    "b": 1,
    "kb": 10**3,
    "mb": 10**6,
    "gb": 10**9,
    "tb": 10**12,
    "kib": 2**10,
    "mib": 2**20,
    "gib": 2**30,
    "tib": 2**40,
}
SIZE = re.compile(r"(\d{1,15}(?:\.\d{1,15})?)\s*([a-z]{1,3})", re.IGNORECASE | re.ASCII)


def parse_size(text: str) -> int:
    """Bytes of a size such as "1.5GiB", "800 MiB" or "8GB" (GiB is 2^30, GB is 10^9; case does not matter).

    Raises:
        BadRequest: It is no number with a unit.
    """
    match = SIZE.fullmatch(text.strip())
    if match is None or match[2].lower() not in UNITS:
        raise BadRequest(f"{text!r} is not a size.", "Write a number and a unit, such as 1.5GiB, 800MiB or 8GB.")
    return round(float(match[1]) * UNITS[match[2].lower()])


def format_size(size: int) -> str:
    """Bytes for the screen, to one decimal: GiB from 1 GiB up, else MiB ("1.5 GiB", "800.0 MiB")."""
    mebibytes = f"{size / 2**20:.1f}"
    if mebibytes == "1024.0" or size >= 2**30:
        return f"{size / 2**30:.1f} GiB"
    return f"{mebibytes} MiB"


def count_text(number: int) -> str:
    """A large count in a few characters: "8.7 M", "70.6 B"."""
    for limit, unit in ((10**9, "B"), (10**6, "M"), (10**3, "k")):
        if number >= limit:
            return f"{number / limit:.1f} {unit}"
    return str(number)
