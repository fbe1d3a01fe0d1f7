"""The growth policies, by name."""

from __future__ import annotations

from core.drafting.growth.chain import Chain
from core.drafting.growth.dyspec import DySpec
from core.drafting.growth.growth import Growth
from core.drafting.growth.opt_tree import OptTree
from core.drafting.growth.sequoia import Sequoia
from core.drafting.growth.specexec import SpecExec
from core.planning.sources import check_growth

_KINDS: tuple[type[Growth], ...] = (SpecExec, OptTree, DySpec, Sequoia, Chain)

POLICIES = {kind.name: kind for kind in _KINDS}


def make_growth(name: str, width: int | None = None) -> Growth:
    """A policy that has learned nothing yet.

    Args:
        width: Most nodes that the draft is asked about at once, where the policy leaves that open; None for its own.

    Raises:
        BadRequest: There is none of that name.
    """
    check_growth(name)
    if width is not None and name == SpecExec.name:
        return SpecExec(width)
    return POLICIES[name]()
