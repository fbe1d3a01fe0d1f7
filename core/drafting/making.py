"""Puts a drafter together from the names of its sources."""

from __future__ import annotations

from collections.abc import Sequence

from core.drafting.draft_model import DraftModel
from core.drafting.draft_rows import Runnable
from core.drafting.drafter import Drafter, NoDrafter
from core.drafting.early_exit import EarlyExit
from core.drafting.economy import Economy
from core.drafting.expander import Expander
from core.drafting.growth.policies import make_growth
from core.drafting.memory import Memory
from core.drafting.prompt_lookup import PromptLookup
from core.drafting.ranked_memory import RankedMemory
from core.drafting.ranking import NoiseAwareRanking
from core.drafting.self_draft import SelfDraft
from core.drafting.shortlist_ranking import ShortlistRanking
from core.drafting.successor_table import SuccessorTable
from core.drafting.suffix_memory import SuffixMemory
from core.drafting.token_recycling import TokenRecycling
from core.drafting.tree_drafter import TreeDrafter
from core.offload.offloaded_model import OffloadedModel
from core.offload.substituted_model import SubstitutedModel


def make_drafter(
    sources: Sequence[str],
    draft: Runnable | None,
    context: int,
    max_budget: int,
    vocabulary: int,
    growth: str = "specexec",
    noise_aware: bool = True,
    economy: Economy | None = None,
    target: OffloadedModel | None = None,
    exit_layers: Sequence[int] = (),
    ahead: bool | None = None,
    substituted: SubstitutedModel | None = None,
) -> Drafter:
    """A drafter that has seen nothing yet.

    Args:
        sources: Names out of `core.planning.sources.SOURCES`; "model" needs a draft, "exit" target and layers,
            "self" the target with substitutes.
        context: Most tokens of a text.
        max_budget: Most nodes of a tree.
        vocabulary: Entries of the target's.
        growth: Name of a growth policy.
        noise_aware: False ranks drafts without looking at the noise (plain SpecExec), to compare with.
        economy: What decides how much is drafted while it is active; the decoder's own.
        target, exit_layers: What an early exit drafts with.
        ahead: Whether next trees are grown ahead while weights are awaited; None leaves it to what pays.
        substituted: What a self-draft drafts with.
    """
    memories: list[Memory] = []
    if PromptLookup.name in sources:
        memories.append(PromptLookup(SuffixMemory(context)))
    if TokenRecycling.name in sources:
        memories.append(TokenRecycling(SuccessorTable(vocabulary)))
    expander: Expander | None = None
    ranking = NoiseAwareRanking(noise_aware, hinting=len(memories))
    if DraftModel.name in sources:
        assert draft is not None
        expander = DraftModel(draft, context, max_budget, ranking)
    elif EarlyExit.name in sources:
        assert target is not None
        expander = EarlyExit(target, exit_layers, context, max_budget, ranking)
    elif SelfDraft.name in sources and substituted is not None:
        expander = SelfDraft(substituted, context, max_budget, ranking)
    if expander is None and not memories:
        return NoDrafter()
    width = expander.at_once if expander is not None else None
    ranked = [RankedMemory(memory, ShortlistRanking(noise_aware)) for memory in memories]
    return TreeDrafter(expander, ranked, make_growth(growth, width), economy, ahead)
