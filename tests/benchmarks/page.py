"""Keeps the sections of a page of benchmarks up to date."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; all columns but the first are aligned to the right."""
    lines = [f"| {' | '.join(cells)} |" for cells in (heads, *rows)]
    lines.insert(1, "|---|" + "---:|" * (len(heads) - 1))
    return "\n".join(lines)


def write_section(page: Path, title: str, text: str) -> None:
    """Put a section into a page, in place of the one of that title or behind all others; text before it stays."""
    before = page.read_text("utf-8") if page.exists() else ""
    head, *sections = before.split("\n## ")
    named = {section.partition("\n")[0]: section.partition("\n")[2] for section in sections}
    named[title] = f"\n{text.strip()}\n"
    page.write_text("\n## ".join([head, *(f"{name}\n{body}" for name, body in named.items())]), "utf-8")
