"""One line of the table of models, whether it is on this computer or on the hub, and how its facts are put."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.language import tr
from core.sizes import count_text, format_size

if TYPE_CHECKING:
    from core.hub.library import InstalledModel
    from core.hub.search import Found
    from core.hub.verdict import Verdict

TARGET, DRAFT, INSTALLED = tr("target"), tr("draft"), tr("installed")
"""Badges."""

ORIGINS = {
    "bundled": tr("comes with Penjing"),
    "download": tr("downloaded"),
    "folder": tr("your folder"),
    "cache": tr("Hugging Face cache"),
}


@dataclass(frozen=True)
class Entry:
    """What the table shows of a model.

    Attributes:
        key: Tells it from all others: a folder, or a name on the hub.
        badges: Words that matter at a glance: TARGET, DRAFT, INSTALLED, or "licence to accept".
        problem: Why it cannot be used, or None.
        verdict: How it would run here; None until that is known.
    """

    key: str
    name: str
    detail: str
    size: str
    format: str
    badges: tuple[str, ...]
    problem: str | None
    verdict: Verdict | None
    installed: InstalledModel | None = None
    found: Found | None = None

    @property
    def here(self) -> str:
        """How it runs on this machine, in few words."""
        if self.problem is not None:
            return tr("cannot be used")
        return brief(self.verdict) if self.verdict is not None else "…"

    @property
    def spoken(self) -> str:
        """All of it, for a screen reader."""
        verdict = self.verdict.sentence if self.verdict is not None else ""
        parts = (self.name, *self.badges, self.detail, self.size, self.format, self.problem or verdict)
        return ", ".join(part for part in parts if part)

    def matches(self, words: list[str]) -> bool:
        """Whether every word stands in its name or what is said of it."""
        text = f"{self.name} {self.detail} {self.format}".casefold()
        return all(word in text for word in words)


def installed_entry(
    model: InstalledModel, verdict: Verdict | None, target: InstalledModel | None, draft: InstalledModel | None
) -> Entry:
    """A model on this computer."""
    roles = ((TARGET, target), (DRAFT, draft))
    facts = model.facts
    origin = ORIGINS.get(model.origin, model.origin)
    detail = f"{facts.family} · {count_text(facts.parameters)} · {origin}" if facts is not None else origin
    return Entry(
        key=str(model.folder),
        name=model.name,
        detail=detail,
        size=format_size(facts.bytes) if facts is not None else "",
        format=facts.precision if facts is not None else "",
        badges=tuple(role for role, chosen in roles if chosen is not None and chosen.folder == model.folder),
        problem=model.problem,
        verdict=verdict,
        installed=model,
    )


def found_entry(found: Found, verdict: Verdict | None, here: frozenset[str]) -> Entry:
    """A model on the hub. `here` are the names of those on this computer."""
    marks = {INSTALLED: found.repository in here, tr("licence to accept"): found.gated}
    parameters = count_text(found.parameters) if found.parameters else ""
    said = (found.family, parameters, tr("{downloads} downloads", downloads=count_text(found.downloads)), found.licence)
    return Entry(
        key=found.repository,
        name=found.repository,
        detail=" · ".join(part for part in said if part),
        size=format_size(found.bytes) if found.bytes else "",
        format=found.quantisation or "",
        badges=tuple(word for word, holds in marks.items() if holds),
        problem=found.problem or (verdict.sentence if verdict is not None and unusable(verdict) else None),
        verdict=verdict,
        found=found,
    )


def unusable(verdict: Verdict) -> bool:
    return verdict.fit.name == "UNUSABLE"


def brief(verdict: Verdict) -> str:
    """A verdict in few words: "5 to 8 tok/s"."""
    from core.hub.verdict import Fit, speed_range

    match verdict.fit:
        case Fit.COMFORTABLE | Fit.SLOW:
            return f"{speed_range(verdict.low, verdict.high)} tok/s"
        case Fit.NEEDS_DISK:
            return tr("needs more disk")
        case Fit.TOO_LARGE:
            return tr("does not fit")
        case Fit.NO_ACCESS:
            return tr("no access yet")
        case Fit.UNUSABLE:
            return tr("cannot be used")
        case _:
            return tr("not known")
