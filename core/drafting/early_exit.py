"""Drafts with some layers of the target itself and its head: LayerSkip (arXiv 2404.16710), SWIFT (arXiv 2410.06916)."""

from __future__ import annotations

from collections.abc import Sequence

from core.drafting.draft_model import DraftModel
from core.drafting.ranking import NoiseAwareRanking
from core.offload.layer_subset import LayerSubset
from core.offload.offloaded_model import OffloadedModel


class EarlyExit(DraftModel):
    """Expands nodes by resident layers of the target, calibrated like any other source.

    It needs no weights of its own, only keys and values. A checkpoint that was not trained to be left early drafts
    badly, so that nobody gets this unless they ask for it.

    Args:
        layers: Ascending; none of them may stream, nor may the head.

    Attributes:
        name: "exit".
    """

    name = "exit"

    def __init__(
        self,
        target: OffloadedModel,
        layers: Sequence[int],
        context: int,
        max_budget: int,
        ranking: NoiseAwareRanking,
    ) -> None:
        super().__init__(LayerSubset(target, layers), context, max_budget, ranking)
