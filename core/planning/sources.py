"""Who proposes trees and how they grow, by name."""

from __future__ import annotations

from core.errors import BadRequest

AUTO = ("model", "lookup", "recycling")
"""A draft model; what followed the same tokens in the text before; what the target thought likely before."""

EXIT = "exit"
"""Some layers of the target itself, followed by its head. Few checkpoints are trained for that: only on request."""

SELF = "self"
"""The target with low-bit substitutes of its streamed layers."""

SOURCES = (*AUTO, EXIT, SELF)

_EXPANDERS = ("model", EXIT, SELF)

GROWTHS = ("specexec", "opt-tree", "dyspec", "sequoia", "chain")
"""The policies by which trees grow; the first unless somebody asks for another."""


def sources_named(name: str, drafted: bool) -> tuple[str, ...]:
    """The sources that a name asks for: "auto" for those of `AUTO`, "none", or names joined by "+".

    Args:
        drafted: Whether there is a draft model; without one it is not among them.

    Raises:
        BadRequest: There is no such source, or they do not go together.
    """
    names = AUTO if name == "auto" else () if name == "none" else tuple(name.split("+"))
    for part in names:
        if part not in SOURCES:
            raise BadRequest(
                f"There is no drafter named {part!r}.",
                f"Choose auto, none, or some of {', '.join(SOURCES)}, joined by +.",
            )
    if sum(part in names for part in _EXPANDERS) > 1:
        raise BadRequest("A draft model, an early exit and a self-draft cannot draft together.", "Choose one of them.")
    return tuple(source for source in SOURCES if source in names and (drafted or source != "model"))


def check_growth(name: str) -> None:
    """Raises BadRequest if there is no growth policy of that name."""
    if name not in GROWTHS:
        raise BadRequest(f"There is no growth policy named {name!r}.", f"Choose one of: {', '.join(GROWTHS)}.")
