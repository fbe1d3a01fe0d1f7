"""The target drafts for itself with some of its layers, and is none the worse for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
import torch
from transformers import LlamaForCausalLM

from core.decoding.decoder import Decoder
from core.drafting.making import make_drafter
from core.offload.layer_subset import LayerSubset
from core.offload.offloaded_model import OffloadedModel
from core.sampling.sampler import Sampler
from core.sampling.settings import Sampling
from tests.core.random_models import VOCABULARY, load, save_llama

TEXT = [3, 14, 15, 9, 26, 5, 35]
BRANCHES = [8, 9, 10]
CONTEXT, BUDGET = 128, 24


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_llama(tmp_path_factory.mktemp("target"), layers=4, seed=1)


@pytest.fixture
def target(folder: Path) -> Iterator[OffloadedModel]:
    """Its first and last layers stream."""
    model = load(folder, streamed=(0, 3))
    yield model
    model.close()


def scores(model: OffloadedModel | LayerSubset) -> torch.Tensor:
    """Of three tokens that may follow the text, each beside the others."""
    visible = torch.eye(len(BRANCHES), dtype=torch.bool)
    return model.run(model.new_cache(64), TEXT, BRANCHES, [0] * len(BRANCHES), visible)


@pytest.mark.parametrize("layers", [(1,), (1, 2)])
def test_an_early_exit_computes_what_a_model_of_these_layers_alone_would(
    folder: Path, target: OffloadedModel, layers: Sequence[int]
) -> None:
    reference = LlamaForCausalLM.from_pretrained(folder, dtype=torch.float32)
    kept = [reference.model.layers[layer] for layer in layers]
    for place, layer in enumerate(kept):
        layer.self_attn.layer_idx = place
    reference.model.layers = torch.nn.ModuleList(kept)
    reference.config.num_hidden_layers = len(kept)
    with torch.inference_mode():
        texts = torch.tensor([[*TEXT, branch] for branch in BRANCHES])
        expected = reference(texts, use_cache=False).logits[:, -1]
    torch.testing.assert_close(scores(LayerSubset(target, layers)), expected, rtol=1e-4, atol=1e-4)


def test_between_two_passes_of_the_target_nobody_notices_the_draft(target: OffloadedModel) -> None:
    subset = LayerSubset(target, (1, 2))
    cache, drafts = target.new_cache(64), subset.new_cache(64)
    visible = torch.ones(1, 1, dtype=torch.bool)

    def decode(drafting: bool) -> list[torch.Tensor]:
        cache.keep_prefix([])
        found = []
        for end in range(2, len(TEXT)):
            if drafting:
                subset.run(drafts, TEXT[: end - 1], [TEXT[end]], [0], visible)
            found.append(target.run(cache, TEXT[cache.length : end], [TEXT[end]], [0], visible))
            cache.commit(TEXT[cache.length : end], range(cache.length, end))
        return found

    before = target.weights.bytes_streamed
    alone = decode(drafting=False)
    streamed = target.weights.bytes_streamed - before
    assert all(torch.equal(one, other) for one, other in zip(alone, decode(drafting=True), strict=True))
    assert target.weights.bytes_streamed == before + 2 * streamed


@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_it_drafts_and_every_reply_is_that_of_plain_decoding(target: OffloadedModel, temperature: float) -> None:
    """The layers between its ends make a tolerable draft of this random model."""
    sampler = Sampler(Sampling(temperature=temperature, seed=3), VOCABULARY)

    def reply(sources: Sequence[str], budget: int) -> tuple[list[int], int, set[str]]:
        drafter = make_drafter(sources, None, CONTEXT, BUDGET, VOCABULARY, target=target, exit_layers=(1, 2))
        assert drafter.name == "+".join(sources) or not sources
        steps = list(Decoder(target, drafter, CONTEXT, BUDGET).steps(TEXT, sampler, budget, 50))
        names = {name for step in steps for source in step.tree.sources for name in source.split("+") if name}
        return [token for step in steps for token in step.outcome.choices], len(steps), names

    plain, _, _ = reply((), 1)
    drafted, steps, names = reply(("exit",), BUDGET)
    assert drafted == plain
    assert steps < 45
    assert names == {"exit"}
    merged, _, names = reply(("exit", "lookup", "recycling"), BUDGET)
    assert merged == plain
    assert names == {"exit", "lookup", "recycling"}


def test_all_layers_together_draft_as_the_target_decides(folder: Path) -> None:
    model = load(folder)
    drafter = make_drafter(("exit",), None, CONTEXT, 8, VOCABULARY, "chain", target=model, exit_layers=range(4))
    steps = list(Decoder(model, drafter, CONTEXT, 8).steps(TEXT, Sampler(Sampling(), VOCABULARY), 8, 40))
    assert all(len(step.outcome.path) == len(step.tree) for step in steps)
    model.close()
