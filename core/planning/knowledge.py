"""What is known of a pair besides its numbers, and what follows for the tokens of a step."""

from __future__ import annotations

from dataclasses import dataclass

from core.planning.experience import NOTHING, Experience


@dataclass(frozen=True, slots=True)
class Published:
    """Tokens per step that others reached with such a pair.

    Attributes:
        budget: Nodes of their trees.
        source: Who says so.
    """

    budget: int
    tokens_per_step: float
    source: str


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What is known of a pair: its runs on this machine, and what others published."""

    experience: Experience = NOTHING
    published: Published | None = None


NONE = Knowledge()
