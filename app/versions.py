"""The versions of all that takes part, for the about page and for whoever reports a problem."""

from __future__ import annotations

import platform
from functools import cache
from importlib.metadata import version

from app.language import tr
from core.engine.messages import Started


class Versions:
    """What runs here.

    Attributes:
        engine: What the engine process says of itself; None before one has started.
    """

    def __init__(self) -> None:
        self.engine: Started | None = None

    def facts(self) -> list[tuple[str, str]]:
        """Names and versions."""
        engine = self.engine
        return [
            ("Penjing", version("penjing")),
            ("Python", platform.python_version()),
            ("Qt", version("PySide6-Essentials")),
            ("torch", engine.torch_version if engine else tr("not started yet")),
            ("transformers", engine.transformers_version if engine else tr("not started yet")),
            (tr("System"), platform.platform()),
        ]

    def beside(self, said: str) -> str:
        """What happened, with the versions below it."""
        return "\n".join([said, "", *(f"{name}: {value}" for name, value in self.facts())])


@cache
def versions() -> Versions:
    """Those of this process and its engine."""
    return Versions()
