"""Which sources propose trees, by name. Torch-free, so that commands can check what they are asked for."""

from __future__ import annotations

from core.errors import BadRequest

SOURCES = ("model", "lookup", "recycling")
"""Every source: the draft model, what stood in the text before, what the target thought likely before."""


def parse_drafter(name: str) -> tuple[str, ...] | None:
    """The sources that a name asks for: "auto" for None, all that there are; "none" for none; else names joined by "+".

    Raises:
        BadRequest: There is no such source.
    """
    if name == "auto":
        return None
    if name == "none":
        return ()
    names = name.split("+")
    for part in names:
        if part not in SOURCES:
            raise BadRequest(
                f"There is no drafter named {part!r}.",
                f"Choose auto, none, or some of {', '.join(SOURCES)}, joined by +.",
            )
    return tuple(source for source in SOURCES if source in names)
