"""Who proposes trees, by name."""

from __future__ import annotations

from core.errors import BadRequest

SOURCES = ("model", "lookup", "recycling")
"""A draft model; what followed the same tokens in the text before; what the target thought likely before."""


def sources_named(name: str, drafted: bool) -> tuple[str, ...]:
    """The sources that a name asks for: "auto" for all that there are, "none", or names joined by "+".

    Args:
        drafted: Whether there is a draft model; without one it is not among them.

    Raises:
        BadRequest: There is no such source.
    """
    names = SOURCES if name == "auto" else () if name == "none" else tuple(name.split("+"))
    for part in names:
        if part not in SOURCES:
            raise BadRequest(
                f"There is no drafter named {part!r}.",
                f"Choose auto, none, or some of {', '.join(SOURCES)}, joined by +.",
            )
    return tuple(source for source in SOURCES if source in names and (drafted or source != "model"))
