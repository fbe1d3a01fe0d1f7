"""Any configuration reproduces plain decoding, token by token."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from transformers import LlamaForCausalLM

from core.decoding.decoder import Decoder
from core.drafting.drafter import Drafter, NoDrafter
from core.drafting.economy import Economy
from core.drafting.growth.policies import POLICIES
from core.drafting.making import make_drafter
from core.errors import Cancelled
from core.offload.offloaded_model import OffloadedModel
from core.planning.sources import AUTO, EXIT, SOURCES
from core.sampling.sampler import Sampler
from core.sampling.settings import Sampling
from tests.core.random_models import VOCABULARY, load, save_llama

PROMPTS = [[1], [3, 14, 15, 9, 26, 5], list(range(1, 40)), [7, 7, 7, 7]]
LENGTH = 40
CONTEXT = 128
BUDGET = 32


def drafter(
    draft: OffloadedModel,
    sources: Sequence[str] = AUTO,
    growth: str = "specexec",
    noise_aware: bool = True,
    economy: Economy | None = None,
    target: OffloadedModel | None = None,
) -> Drafter:
    """An early exit leaves the target after its first two layers."""
    return make_drafter(
        sources, draft, CONTEXT, BUDGET, VOCABULARY, growth, noise_aware, economy, target, exit_layers=(0, 1)
    )


@dataclass
class Pair:
    """A target with everything resident, the same one streamed, a draft, and transformers' own target."""

    resident: OffloadedModel
    streamed: OffloadedModel
    draft: OffloadedModel
    reference: LlamaForCausalLM


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    target: Path = save_llama(tmp_path_factory.mktemp("target"), layers=3, seed=1)
    draft: Path = save_llama(tmp_path_factory.mktemp("draft"), layers=1, seed=1)
    models = [load(target), load(target, streamed=(0, 2)), load(draft)]
    yield Pair(models[0], models[1], models[2], LlamaForCausalLM.from_pretrained(target, dtype=torch.float32))
    for model in models:
        model.close()


def plain_decoding(model: LlamaForCausalLM, prompt: list[int], sampling: Sampling) -> list[int]:
    """One token at a time, each from the whole text before it, by transformers alone."""
    sampler = Sampler(sampling, VOCABULARY)
    text = list(prompt)
    with torch.inference_mode():
        for _ in range(LENGTH):
            logits = model(torch.tensor([text]), use_cache=False).logits[0, -1]
            choice = sampler.choose(logits, len(text), text)
            assert choice.margin > 1e-4, "a near-tie says nothing: choose another seed"
            text.append(choice.token)
    return text[len(prompt) :]


def decode(decoder: Decoder, prompt: list[int], sampling: Sampling, budget: int | None) -> tuple[list[int], int]:
    """The reply and the number of steps it took."""
    tokens: list[int] = []
    steps = 0
    for step in decoder.steps(prompt, Sampler(sampling, VOCABULARY), budget, LENGTH):
        tokens.extend(step.outcome.choices)
        steps += 1
    return tokens, steps


SAMPLINGS = [
    Sampling(),
    Sampling(temperature=0.7, seed=1),
    Sampling(temperature=1.0, top_p=0.9, top_k=20, min_p=0.01, seed=5),
    Sampling(temperature=1.0, repetition_penalty=1.3, seed=3),
    Sampling(repetition_penalty=1.2),
]


@pytest.mark.parametrize("sampling", SAMPLINGS, ids=["greedy", "T=0.7", "filters", "penalty", "greedy with penalty"])
def test_every_budget_and_placement_writes_what_plain_decoding_writes(pair: Pair, sampling: Sampling) -> None:
    saved = 0
    for prompt in PROMPTS:
        expected = plain_decoding(pair.reference, prompt, sampling)
        for target in (pair.resident, pair.streamed):
            for budget in (1, 8, BUDGET):
                decoder = Decoder(target, drafter(pair.draft), CONTEXT, BUDGET)
                tokens, steps = decode(decoder, prompt, sampling, budget)
                assert tokens == expected
                saved += len(tokens) - steps
    assert saved > 50  # or nothing was ever accepted, and the test shows nothing


samplings = st.one_of(
    st.builds(Sampling, repetition_penalty=st.sampled_from([1.0, 1.2])),
    st.builds(
        Sampling,
        temperature=st.floats(0.2, 2.0),
        top_p=st.sampled_from([1.0, 0.9]),
        top_k=st.sampled_from([0, 12]),
        min_p=st.sampled_from([0.0, 0.02]),
        repetition_penalty=st.sampled_from([1.0, 1.3]),
        seed=st.integers(0, 2**63 - 1),
    ),
)


@settings(max_examples=25, deadline=None)
@given(
    st.sets(st.sampled_from(SOURCES), min_size=1).filter(lambda names: not {"model", EXIT} <= names).map(sorted),
    st.sampled_from(sorted(POLICIES)),
    st.booleans(),
    samplings,
    st.lists(
        st.tuples(
            st.lists(st.integers(0, VOCABULARY - 1), min_size=1, max_size=30), st.none() | st.integers(1, BUDGET)
        ),
        min_size=1,
        max_size=3,
    ),
)
def test_any_sources_policy_budget_and_sampling_write_what_plain_decoding_writes(
    pair: Pair,
    sources: list[str],
    growth: str,
    noise_aware: bool,
    sampling: Sampling,
    texts: list[tuple[list[int], int | None]],
) -> None:
    """Several replies by one decoder: what it remembers of one must not show in the next.

    A budget of None is picked step by step, by times that differ from run to run.
    """
    plain = Decoder(pair.resident, NoDrafter(), CONTEXT, 1)
    economy = Economy()
    proposer = drafter(pair.draft, sources, growth, noise_aware, economy, pair.resident)
    decoder = Decoder(pair.resident, proposer, CONTEXT, BUDGET, economy)
    for prompt, budget in texts:
        expected: list[int] = []
        margin = math.inf
        for step in plain.steps(prompt, Sampler(sampling, VOCABULARY), 1, LENGTH):
            expected.extend(step.outcome.choices)
            margin = min(margin, *step.outcome.margins)
        assume(margin > 1e-4)  # a near-tie says nothing
        assert decode(decoder, prompt, sampling, budget)[0] == expected


@pytest.mark.parametrize("sources", [("lookup",), ("recycling",), ("lookup", "recycling")])
def test_without_a_draft_model_a_reply_that_repeats_itself_is_drafted(pair: Pair, sources: tuple[str, ...]) -> None:
    """A random model soon goes round in circles when it takes the best token always."""
    expected = plain_decoding(pair.reference, PROMPTS[1], Sampling())
    decoder = Decoder(pair.resident, drafter(pair.draft, sources), CONTEXT, BUDGET)
    first, _ = decode(decoder, PROMPTS[1], Sampling(), BUDGET)
    again, steps = decode(decoder, PROMPTS[1], Sampling(), BUDGET)
    assert first == again == expected
    assert steps <= LENGTH / 2


def test_greedy_replies_equal_those_of_transformers(pair: Pair) -> None:
    for prompt in PROMPTS:
        expected = pair.reference.generate(  # type: ignore[misc]  # transformers' annotation of self is wrong
            torch.tensor([prompt]), do_sample=False, max_new_tokens=LENGTH, eos_token_id=None, pad_token_id=0
        )[0, len(prompt) :].tolist()
        assert decode(Decoder(pair.resident, NoDrafter(), CONTEXT, 1), prompt, Sampling(), 1)[0] == expected


def test_a_conversation_that_goes_on_writes_what_a_fresh_start_writes(pair: Pair) -> None:
    """The caches keep what two texts have in common, in a next turn, a regenerated reply or an edited question."""
    sampling = Sampling(temperature=1.0, seed=8)
    decoder = Decoder(pair.streamed, drafter(pair.draft), CONTEXT, BUDGET)
    first, _ = decode(decoder, [3, 14, 15], sampling, BUDGET)
    for prompt in ([3, 14, 15], [3, 14, 15, *first, 9, 26], [3, 14, 15, *first[:7], 60], [5], [3, 14]):
        assert decode(decoder, prompt, sampling, BUDGET)[0] == plain_decoding(pair.reference, prompt, sampling)


def test_a_cancelled_reply_leaves_a_decoder_that_is_as_good_as_new(tmp_path: Path, pair: Pair) -> None:
    folder = save_llama(tmp_path, layers=3, seed=1)
    stop = False
    target = load(folder, streamed=(1,))
    target._cancelled = lambda: stop
    decoder = Decoder(target, drafter(pair.draft), CONTEXT, BUDGET)
    steps = decoder.steps([3, 14, 15], Sampler(Sampling(), VOCABULARY), BUDGET, LENGTH)
    next(steps)
    stop = True
    with pytest.raises(Cancelled):
        next(steps)
    stop = False
    assert decode(decoder, [3, 14, 15], Sampling(), BUDGET)[0] == plain_decoding(
        pair.reference, [3, 14, 15], Sampling()
    )
    target.close()


def test_the_causes_of_a_step_add_up_to_its_time(pair: Pair) -> None:
    decoder = Decoder(pair.streamed, drafter(pair.draft), CONTEXT, 8)
    for step in decoder.steps([3, 14, 15], Sampler(Sampling(), VOCABULARY), 8, 10):
        seconds = step.seconds
        assert min(seconds.draft, seconds.stream_wait, seconds.compute, seconds.sample) >= 0
        assert seconds.compute > 0
        assert step.bytes_streamed == sum(pair.streamed.spec.layers[index].bytes for index in (0, 2))
