"""What an expander is: a source that is asked for the children of several nodes at once, at the price of a pass."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from core.drafting.candidate_pool import CandidatePool
from core.drafting.ranking import Hints
from core.sampling.sampler import Sampler


class Children(NamedTuple):
    """Likely children of a node, the hinted ones among them.

    Attributes:
        log_probabilities: With hints taken into account.
        own: What the draft model alone thinks of them.
    """

    tokens: list[int]
    log_probabilities: list[float]
    own: list[float]


class Expander(Protocol):
    """Predicts the children of candidates.

    Attributes:
        at_once: Nodes of which it is asked in one pass at best: with more, passes are wasted on nodes that later fall
            out of the tree, or take longer for each row.
        room: Candidates that can still be expanded.
    """

    name: str
    at_once: int

    @property
    def room(self) -> int: ...

    def begin(self, context: Sequence[int], sampler: Sampler) -> None:
        """Turn to a text, that is, to the tree that is grown for it and to those that may follow that one."""
        ...

    def expand(self, nodes: Sequence[int], pool: CandidatePool, hints: Sequence[Hints], branch: int) -> list[Children]:
        """The likeliest children of some candidates.

        Args:
            nodes: Of one pool, in ascending order; those above each were expanded before or are among them.
            hints: What other sources say of each one's children.
            branch: How many children of each, besides the hinted ones.
        """
        ...

    def observe(self, pool: CandidatePool, path: Sequence[int], choices: Sequence[int], hints: Sequence[Hints]) -> None:
        """Learn what became of the tree that stands right behind the text.

        Args:
            path: Candidates that were accepted, the root first.
            choices: The target's token at each.
            hints: What other sources said of each one's children.
        """
        ...
