"""The target drafts for itself, with low-bit substitutes of its streamed layers: SubSpec (arXiv 2509.18344)."""

from __future__ import annotations

from collections.abc import Sequence

from core.drafting.draft_model import DraftModel
from core.drafting.ranking import NoiseAwareRanking
from core.offload.substituted_model import SubstitutedModel
from core.sampling.sampler import Sampler


class SelfDraft(DraftModel):
    """Expands nodes by the target itself, as far as it is in fast memory, with 4-bit copies of the rest.

    It reads the text in the target's own keys and values, so that it need not read a prompt, and sees what the target
    sees. While the target has not read the text, at the first tree of a reply, it has nothing to say.

    Args:
        model: The target with substitutes.

    Attributes:
        name: "self".
    """

    name = "self"
    at_once = 4

    def __init__(self, model: SubstitutedModel, context: int, max_budget: int, ranking: NoiseAwareRanking) -> None:
        super().__init__(model, context, max_budget, ranking)
        self._borrowed = model.borrowed
        self._ready = False

    @property
    def room(self) -> int:
        return super().room if self._ready else 0

    def begin(self, context: Sequence[int], sampler: Sampler) -> None:
        if not self._borrowed.turn():
            self._rows.forget()
        super().begin(context, sampler)
        self._ready = self._borrowed.holds(context)
