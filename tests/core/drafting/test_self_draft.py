"""A target drafts for itself with substitutes of its streamed layers, and every reply is that of plain decoding."""

from __future__ import annotations

import random
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch
from transformers import LlamaForCausalLM

from core.decoding.decoder import Decoder
from core.drafting.draft_model import ROWS_PER_NODE
from core.drafting.drafter import Drafter
from core.drafting.making import make_drafter
from core.models.dequantise.arena import Arena
from core.models.dequantise.weight import dequantise
from core.offload.low_bit import Kernel, low_bit_layer
from core.offload.offloaded_model import OffloadedModel
from core.offload.substituted_model import SubstitutedModel
from core.quantize.substitutes import Substitute, Substitutes
from core.sampling.sampler import Sampler
from core.sampling.settings import Sampling
from tests.core.offload.test_families import FAMILIES
from tests.core.random_models import VOCABULARY, load, save_llama, save_random

TEXT = [3, 14, 15, 9, 26, 5, 35]
CONTEXT, BUDGET, LENGTH = 128, 24, 40


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_llama(tmp_path_factory.mktemp("target"), layers=4, seed=1)


@contextmanager
def garbage() -> Iterator[None]:
    """Within this context new memory is full of what is no number: whoever reads what nobody wrote shows it."""
    torch.use_deterministic_algorithms(True)
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(False)


def substitutes(target: OffloadedModel, layers: Collection[int]) -> list[Substitute]:
    return list(Substitutes(target.spec).load(sorted(layers), lambda done: None, lambda: False))


def substituted(target: OffloadedModel, layers: Collection[int], fused: bool | None = False) -> SubstitutedModel:
    with garbage():
        cache = target.new_cache(CONTEXT + BUDGET + ROWS_PER_NODE * BUDGET + 1)
    kernel = Kernel(target.dtype, target.device, fused)
    made = {
        one.index: low_bit_layer(target.modules, one.index, one.group, one.stored, kernel)
        for one in substitutes(target, layers)
    }
    return SubstitutedModel(target, cache, BUDGET, made)


def drafter(itself: SubstitutedModel, sources: Sequence[str] = ("self",), ahead: bool | None = None) -> Drafter:
    return make_drafter(sources, None, CONTEXT, BUDGET, VOCABULARY, ahead=ahead, substituted=itself)


def reply(decoder: Decoder, text: Sequence[int], temperature: float, budget: int = BUDGET) -> tuple[list[int], int]:
    """A reply and the steps that it took."""
    sampler = Sampler(Sampling(temperature=temperature, seed=3), VOCABULARY)
    steps = list(decoder.steps(text, sampler, budget, LENGTH))
    return [token for step in steps for token in step.outcome.choices], len(steps)


def plain(target: OffloadedModel, text: Sequence[int], temperature: float) -> list[int]:
    nobody = make_drafter((), None, CONTEXT, BUDGET, VOCABULARY)
    return reply(Decoder(target, nobody, CONTEXT, BUDGET), text, temperature, budget=1)[0]


@pytest.mark.parametrize("temperature", [0.0, 1.0])
@pytest.mark.parametrize("streamed", [(0, 3), (0, 1, 2, 3)])
@pytest.mark.parametrize("ahead", [False, True])
@pytest.mark.parametrize("fused", [False, True])
def test_replies_are_those_of_plain_decoding(
    folder: Path, streamed: tuple[int, ...], temperature: float, ahead: bool, fused: bool
) -> None:
    """Grown ahead or not: while the target's pass waits, its draft writes to the same cache."""
    target = load(folder, streamed=streamed)
    itself = substituted(target, streamed, fused)
    found, steps = reply(
        Decoder(target, drafter(itself, ahead=ahead), CONTEXT, BUDGET, cache=itself.borrowed.cache), TEXT, temperature
    )
    assert found[:LENGTH] == plain(target, TEXT, temperature)[:LENGTH]
    assert steps < LENGTH / 2, "it drafts well, for it is nearly the target"
    target.close()


DENSE = {name: family for name, family in FAMILIES.items() if not {"num_local_experts", "num_experts"} & set(family[1])}


@pytest.mark.parametrize("family", DENSE)
def test_every_dense_family_drafts_for_itself(tmp_path: Path, family: str) -> None:
    """With windows, tied embeddings, biases and fused projections."""
    target = load(save_random(tmp_path, *DENSE[family]), streamed=(0, 2))
    itself = substituted(target, (0, 2))
    sources = ("self", "lookup", "recycling")
    decoder = Decoder(target, drafter(itself, sources), CONTEXT, BUDGET, cache=itself.borrowed.cache)
    for temperature in (0.0, 1.0):
        found, _ = reply(decoder, TEXT, temperature)
        assert found[:LENGTH] == plain(target, TEXT, temperature)[:LENGTH]
    target.close()


def test_one_text_after_the_other_is_written_as_by_a_fresh_decoder(folder: Path) -> None:
    """Texts that go on, begin anew, are cut short, and steps in which it has no part."""
    target = load(folder, streamed=(1, 2))
    itself = substituted(target, (1, 2))
    decoder = Decoder(target, drafter(itself), CONTEXT, BUDGET, cache=itself.borrowed.cache)
    choose = random.Random(0)
    text = list(TEXT)
    for _ in range(12):
        sampler = Sampler(Sampling(), VOCABULARY)
        expected = plain(target, text, 0.0)
        found: list[int] = []
        for step in decoder.steps(text, sampler, choose.choice([BUDGET, 4, 1]), choose.randint(1, LENGTH)):
            found += step.outcome.choices
            if choose.random() < 0.2:
                break
        assert found[:LENGTH] == expected[: len(found)]
        text = choose.choice([TEXT, text[: choose.randint(2, len(text))], (text + found + [9])[:80], [5, 4, 3]])
    target.close()


def test_it_computes_what_a_model_with_its_weights_would_behind_the_targets_own_keys_and_values(folder: Path) -> None:
    target = load(folder, streamed=(0, 2))
    itself = substituted(target, (0, 2))
    reference = LlamaForCausalLM.from_pretrained(folder, dtype=torch.float32)
    with torch.inference_mode():
        read = reference(torch.tensor([TEXT[:-1]]), use_cache=True).past_key_values
        arena = Arena(torch.device("cpu"))
        for one in substitutes(target, (0, 2)):
            for weight in one.group.packed:
                parameter = reference.model.layers[one.index].get_parameter(weight.name)
                dequantise(weight, one.stored, parameter.data, arena)
        expected = reference(torch.tensor([[TEXT[-1], 8, 9]]), past_key_values=read).logits[0]
    cache = itself.borrowed.cache
    nothing = torch.ones(1, 1, dtype=torch.bool)
    target.run(cache, TEXT[:-1], [TEXT[-1]], [0], nothing)
    cache.commit(TEXT[:-1], range(len(TEXT) - 1))
    borrowed = itself.borrowed
    assert borrowed.holds(TEXT)
    borrowed.keep_prefix(TEXT[:-1])
    root = itself.run(borrowed, [], TEXT[-1:], [0], nothing)
    borrowed.commit(TEXT[-1:], [len(TEXT) - 1])
    first = itself.run(borrowed, [], [8], [0], nothing, keep_pending=True)
    second = itself.run(borrowed, [], [9], [1], torch.ones(1, 2, dtype=torch.bool), keep_pending=True)
    torch.testing.assert_close(torch.cat([root, first, second]), expected, rtol=1e-4, atol=1e-4)
    target.close()


def test_it_has_nothing_to_say_before_the_target_has_read_the_text(folder: Path) -> None:
    target = load(folder, streamed=(0, 1, 2, 3))
    itself = substituted(target, range(4))
    decoder = Decoder(target, drafter(itself), CONTEXT, BUDGET, cache=itself.borrowed.cache)
    first, second, *_ = decoder.steps(TEXT, Sampler(Sampling(), VOCABULARY), BUDGET, LENGTH)
    assert len(first.tree) == 1
    assert len(second.tree) == BUDGET
    target.close()


def test_nothing_of_a_layer_as_it_was_read_is_kept_beside_what_computes(folder: Path) -> None:
    target = load(folder, streamed=(0,))
    (one,) = substitutes(target, (0,))
    layer = low_bit_layer(target.modules, 0, one.group, one.stored, Kernel(target.dtype, target.device, fused=True))
    for parameter in layer.parameters():
        assert parameter.untyped_storage().nbytes() == parameter.nbytes
    target.close()
