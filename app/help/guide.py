"""Which pages the user guide has, in reading order, and where a word is in them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from core.locations import GUIDE

LINK = re.compile(r"\[[^\]]+\]\(([a-z-]+\.md)\)")
TITLE = re.compile(r"^# (.+)$", re.MULTILINE)
INDEX = "index.md"


@dataclass(frozen=True)
class Chapter:
    """One page of the guide."""

    file: Path
    title: str
    text: str


def read_guide(folder: Path = GUIDE) -> Sequence[Chapter]:
    """The chapters, in the order in which the first one, the index, names them. Empty if the guide is not there."""
    index = folder / INDEX
    if not index.exists():
        return ()
    names = [INDEX, *LINK.findall(index.read_text(encoding="utf-8"))]
    files = [folder / name for name in dict.fromkeys(names) if (folder / name).exists()]
    return tuple(_read(file) for file in files)


def find(chapters: Sequence[Chapter], words: str) -> list[Chapter]:
    """The chapters that contain every word of a query; those with them in the title first."""
    wanted = words.lower().split()
    found = [chapter for chapter in chapters if all(word in chapter.text.lower() for word in wanted)]
    return sorted(found, key=lambda chapter: not all(word in chapter.title.lower() for word in wanted))


def _read(file: Path) -> Chapter:
    text = file.read_text(encoding="utf-8")
    title = TITLE.search(text)
    return Chapter(file, title.group(1) if title else file.stem, text)
