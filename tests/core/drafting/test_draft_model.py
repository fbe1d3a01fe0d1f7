"""The draft model's cache and memory follow the text, so that a long reply drafts as well as a fresh start."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
import torch

from core.decoding.decoder import Decoder
from core.drafting.candidate_pool import CandidatePool
from core.drafting.draft_model import DraftModel
from core.drafting.economy import Economy
from core.drafting.expander import Children
from core.drafting.growth.policies import make_growth
from core.drafting.growth.specexec import SpecExec
from core.drafting.ranking import Hints, NoiseAwareRanking
from core.drafting.tree_drafter import TreeDrafter
from core.errors import Cancelled
from core.offload.offloaded_model import OffloadedModel
from core.planning.sources import GROWTHS
from core.sampling.sampler import Sampler
from core.sampling.settings import Sampling
from core.trees.token_tree import TokenTree
from tests.benchmarks.slow_drive import slow_drive
from tests.core.random_models import VOCABULARY, load, save_llama

PROMPT = [3, 14, 15, 9, 26]


class FixedRanking(NoiseAwareRanking):
    """A ranking that does not learn, so that two drafters with different pasts can be compared."""

    def learn(self, *_: object) -> None:
        return None


class Certain(FixedRanking):
    """Takes the draft for the target's equal."""

    @property
    def weights(self) -> tuple[float, float]:
        return 8.0, 8.0


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[OffloadedModel, OffloadedModel]]:
    """A target and a draft."""
    target = load(save_llama(tmp_path_factory.mktemp("target"), layers=3, seed=1))
    draft = load(save_llama(tmp_path_factory.mktemp("draft"), layers=1, seed=1))
    yield target, draft
    target.close()
    draft.close()


def drafter(draft: OffloadedModel, context: int, budget: int, ranking: NoiseAwareRanking) -> TreeDrafter:
    """The draft model alone."""
    return TreeDrafter(DraftModel(draft, context, budget, ranking), [], SpecExec())


def scores_by_path(tree: TokenTree) -> dict[tuple[int, ...], float]:
    """Scores of the nodes that stand clear of the worst one, where rounding decides which of two equals is kept."""
    return {
        tuple(tree.tokens[step] for step in tree.path(node)): score
        for node, score in enumerate(tree.scores)
        if score > min(tree.scores) + 1e-4
    }


@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_every_tree_of_a_reply_is_the_one_that_a_fresh_drafter_grows(
    pair: tuple[OffloadedModel, OffloadedModel], temperature: float
) -> None:
    target, draft = pair
    sampler = Sampler(Sampling(temperature=temperature, seed=2), VOCABULARY)
    decoder = Decoder(target, drafter(draft, 256, 24, FixedRanking()), 256, 24)
    text = list(PROMPT)
    accepted = 0
    for step in decoder.steps(PROMPT, sampler, 24, 60):
        room = len(PROMPT) + 60 - len(text) - 1
        fresh = drafter(draft, 256, 24, FixedRanking()).grow(text, 24, room, sampler)
        assert scores_by_path(step.tree) == pytest.approx(scores_by_path(fresh), abs=1e-4)
        text.extend(step.outcome.choices)
        accepted += len(step.outcome.path) - 1
    assert accepted > 5  # or the caches were never put to the test


def test_every_committed_position_teaches_the_ranking_once(pair: tuple[OffloadedModel, OffloadedModel]) -> None:
    target, draft = pair
    taught: list[tuple[int, int]] = []

    class Recording(NoiseAwareRanking):
        def learn(
            self,
            logits: torch.Tensor,
            noise: torch.Tensor | None,
            temperature: float,
            choice: int,
            hints: Hints | None = None,
        ) -> None:
            assert noise is not None
            [position] = [at for at in range(100) if torch.equal(sampler.noise.row(at), noise)]  # type: ignore[union-attr]
            taught.append((position, choice))
            super().learn(logits, noise, temperature, choice)

    sampler = Sampler(Sampling(temperature=1.0, seed=4), VOCABULARY)
    decoder = Decoder(target, drafter(draft, 256, 16, Recording()), 256, 16)
    text = list(PROMPT)
    for step in decoder.steps(PROMPT, sampler, 16, 40):
        text.extend(step.outcome.choices)
    positions = [position for position, _ in taught]
    assert len(set(positions)) == len(positions)
    # Only the last step's leaf, whose row comes with the next tree, and steps without a tree may be missing.
    assert set(range(len(PROMPT), len(text) - 2)) <= set(positions)
    assert all(text[position] == choice for position, choice in taught)


def test_with_a_budget_of_one_or_no_room_the_root_stands_alone(pair: tuple[OffloadedModel, OffloadedModel]) -> None:
    _, draft = pair
    alone = drafter(draft, 64, 8, NoiseAwareRanking())
    sampler = Sampler(Sampling(), VOCABULARY)
    assert alone.grow(PROMPT, 1, 10, sampler) == TokenTree.root_only(26)
    assert alone.grow(PROMPT, 8, 0, sampler) == TokenTree.root_only(26)


def test_a_draft_that_equals_its_target_and_sees_the_noise_knows_every_choice(
    pair: tuple[OffloadedModel, OffloadedModel],
) -> None:
    """Only if it looks at the noise of the very position that it drafts for."""

    target, _ = pair
    sampler = Sampler(Sampling(temperature=1.0, seed=6), VOCABULARY)
    decoder = Decoder(target, drafter(target, 256, 12, Certain()), 256, 12)
    steps = list(decoder.steps(PROMPT, sampler, 12, 60))
    accepted = sum(len(step.outcome.path) - 1 for step in steps)
    assert accepted > 0.8 * sum(step.tree.depth for step in steps)
    assert len(steps) <= 12  # of 60 tokens; blind to the noise it takes about 30


class Eager(TreeDrafter):
    """Grows all next trees ahead that it can think of as soon as there is a tree."""

    def grow(self, context: Sequence[int], budget: int, max_depth: int, sampler: Sampler) -> TokenTree:
        tree = super().grow(context, budget, max_depth, sampler)
        self.passes_before = self.passes()
        while self.ahead(1.0):
            pass
        self.passes_ahead = self.passes() - self.passes_before
        return tree

    def passes(self) -> int:
        assert isinstance(self._model, Counting)
        return self._model.passes


class Counting(DraftModel):
    """Counts the passes that run the draft model over candidates."""

    passes = 0

    def expand(self, nodes: Sequence[int], pool: CandidatePool, hints: Sequence[Hints], branch: int) -> list[Children]:
        room, read = self.room, self._rows.read
        found = super().expand(nodes, pool, hints, branch)
        self.passes += self.room < room or self._rows.read != read
        return found


@pytest.mark.parametrize("growth", GROWTHS)
@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_what_was_drafted_ahead_changes_no_tree_and_is_not_drafted_again(
    pair: tuple[OffloadedModel, OffloadedModel], growth: str, temperature: float
) -> None:
    """The draft is the target's equal here, so that it can guess where the target leaves a tree."""
    target, _ = pair
    trees: list[list[dict[tuple[int, ...], float]]] = []
    replies: list[list[int]] = []
    open_passes: list[int] = []
    for kind in (TreeDrafter, Eager):
        model = Counting(target, 256, 12, Certain())
        drafting = kind(model, [], make_growth(growth), ahead=kind is Eager)
        decoder = Decoder(target, drafting, 256, 12)
        sampler = Sampler(Sampling(temperature=temperature, seed=2), VOCABULARY)
        hidden, found = 0, []
        text: list[int] = []
        for step in decoder.steps(PROMPT, sampler, 12, 60):
            hidden += drafting.passes_ahead if isinstance(drafting, Eager) else 0
            found.append(scores_by_path(step.tree))
            text.extend(step.outcome.choices)
        trees.append(found)
        replies.append(text)
        open_passes.append(model.passes - hidden)
    assert replies[0] == replies[1]
    for one, other in zip(*trees, strict=True):
        assert one == pytest.approx(other, abs=1e-4)
    assert open_passes[1] < 0.9 * open_passes[0]


def test_trees_are_grown_ahead_only_where_drafting_would_hold_up_the_weights(
    pair: tuple[OffloadedModel, OffloadedModel],
) -> None:
    _, draft = pair
    economy = Economy()
    model = Counting(draft, 256, 48, FixedRanking())
    drafting = TreeDrafter(model, [], SpecExec(width=2), economy)
    drafting.grow(PROMPT, 48, 40, Sampler(Sampling(), VOCABULARY))
    assert model.passes >= 12  # so that the tree took at least six times as long as the median pass
    assert not drafting.ahead(economy.draft_seconds)  # a piece would outlast the time that is there for it
    assert not drafting.ahead(60.0)  # all slots are filled while a tree is drafted
    assert drafting.ahead(2 * economy.draft_seconds)


class StoppedAhead(TreeDrafter):
    """Is told to stop in the midst of drafting ahead.

    Attributes:
        pieces: That it does before in one go; None while nobody stops it.
        asked: How often it was asked after them, between two layers, whether to go on.
    """

    pieces: int | None = None
    asked = 0
    _stopping = False

    def ahead(self, slack: float) -> bool:
        if self.pieces is None:
            return super().ahead(slack)
        for _ in range(self.pieces):
            super().ahead(slack)
        self._stopping = True
        try:
            return super().ahead(slack)
        finally:
            self._stopping = False

    def stopped(self) -> bool:
        """Whether to stop: not before the first layer of a pass."""
        self.asked += self._stopping
        return self._stopping and self.asked > 1


@pytest.mark.parametrize("pieces", [0, 3])
def test_a_cancel_within_drafting_ahead_leaves_a_decoder_that_is_as_good_as_new(tmp_path: Path, pieces: int) -> None:
    """The draft is broken off between two layers, within a pass of the target that is broken off with it.

    Larger trees afterwards ask the draft for what it was just running, which must not count as known.
    """
    folder = save_llama(tmp_path, layers=3, seed=1)
    sampler = Sampler(Sampling(temperature=1.0, seed=2), VOCABULARY)
    stopping: list[StoppedAhead] = []
    draft = load(folder, cancelled=lambda: any(drafting.stopped() for drafting in stopping))
    with slow_drive(3e5):
        target = load(folder, streamed=(0, 1, 2))  # in two slots: however long drafting takes, the third is awaited
        drafting = StoppedAhead(DraftModel(draft, 256, 48, Certain()), [], SpecExec(), ahead=True)
        stopping.append(drafting)
        decoder = Decoder(target, drafting, 256, 48)
        steps = decoder.steps(PROMPT, sampler, 12, 40)
        text = [*PROMPT, *next(steps).outcome.choices]
        drafting.pieces = pieces
        with pytest.raises(Cancelled):
            next(steps)
        stopping.clear()
    again = list(decoder.steps(text, sampler, 48, 40))
    fresh = list(Decoder(target, drafter(draft, 256, 48, Certain()), 256, 48).steps(text, sampler, 48, 40))
    target.close()
    draft.close()
    assert [step.outcome.choices for step in again] == [step.outcome.choices for step in fresh]
    for one, other in zip(again, fresh, strict=True):
        assert scores_by_path(one.tree) == pytest.approx(scores_by_path(other.tree), abs=1e-4)
