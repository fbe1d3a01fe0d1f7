"""The draft model's cache and memory follow the text, so that a long reply drafts as well as a fresh start."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch

from core.decoding.decoder import Decoder
from core.drafting.draft_model import DraftModel
from core.drafting.growth.specexec import SpecExec
from core.drafting.ranking import Hints, NoiseAwareRanking
from core.drafting.tree_drafter import TreeDrafter
from core.offload.offloaded_model import OffloadedModel
from core.sampling.sampler import Sampler
from core.sampling.settings import Sampling
from core.trees.token_tree import TokenTree
from tests.core.random_models import VOCABULARY, load, save_llama

PROMPT = [3, 14, 15, 9, 26]


class FixedRanking(NoiseAwareRanking):
    """A ranking that does not learn, so that two drafters with different pasts can be compared."""

    def learn(self, *_: object) -> None:
        return None


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

    class Certain(FixedRanking):
        @property
        def weights(self) -> tuple[float, float]:
            return 8.0, 8.0

    target, _ = pair
    sampler = Sampler(Sampling(temperature=1.0, seed=6), VOCABULARY)
    decoder = Decoder(target, drafter(target, 256, 12, Certain()), 256, 12)
    steps = list(decoder.steps(PROMPT, sampler, 12, 60))
    accepted = sum(len(step.outcome.path) - 1 for step in steps)
    assert accepted > 0.8 * sum(step.tree.depth for step in steps)
    assert len(steps) <= 12  # of 60 tokens; blind to the noise it takes about 30
