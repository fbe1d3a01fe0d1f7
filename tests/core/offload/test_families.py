"""Every family writes what transformers writes, token by token, with trees and windows, resident and streamed."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor
from transformers import AutoModelForCausalLM, Gemma3ForConditionalGeneration

from core.decoding.decoder import Decoder
from core.drafting.drafter import Drafter, NoDrafter, Outcome
from core.models import sight
from core.models.checkpoint import open_checkpoint
from core.offload import pieces
from core.offload.offloaded_model import OffloadedModel
from core.planning.plan import Tier
from core.sampling.sampler import Sampler
from core.sampling.settings import Sampling
from core.trees.token_tree import TokenTree
from tests.core.random_models import VOCABULARY, load, save_random

PROMPTS = ([3], [3, 14, 15, 9, 26, 5, 35, 8, 58, 9, 7, 9, 32, 3, 8, 46, 26, 43])
LENGTH = 24
BUDGETS = (1, 8, 33)
CONTEXT = 64
WINDOW = 7
"""Shorter than the texts, and than some trees are deep."""

LLAMA3_ROPE = {
    "rope_type": "llama3",
    "rope_theta": 10000.0,
    "factor": 4.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 32,
}
LONG_ROPE = {"rope_type": "longrope", "rope_theta": 10000.0, "short_factor": [1.0, 1.1], "long_factor": [2.0, 4.0]}
ALTERNATING = ["sliding_attention", "full_attention", "sliding_attention"]

FAMILIES: dict[str, tuple[str, dict[str, Any]]] = {
    "Llama 2": ("llama", {"num_key_value_heads": 4}),
    "Llama 3": ("llama", {"rope_parameters": LLAMA3_ROPE, "head_dim": 12, "tie_word_embeddings": True}),
    "Mistral": ("mistral", {"sliding_window": WINDOW, "head_dim": 12}),
    "Qwen2": ("qwen2", {"sliding_window": WINDOW, "use_sliding_window": True, "max_window_layers": 1}),
    "Qwen2.5": ("qwen2", {"tie_word_embeddings": True}),
    "Qwen3": ("qwen3", {"head_dim": 12}),
    "Gemma 2": (
        "gemma2",
        {
            "sliding_window": WINDOW,
            "head_dim": 12,
            "query_pre_attn_scalar": 10,
            "attn_logit_softcapping": 2.0,
            "final_logit_softcapping": 6.0,
        },
    ),
    "Gemma 3": ("gemma3_text", {"sliding_window": WINDOW, "head_dim": 12, "layer_types": ALTERNATING}),
    "Gemma 3 with images": ("gemma3", {"sliding_window": WINDOW, "head_dim": 12, "layer_types": ALTERNATING}),
    "Phi-3": ("phi3", {"sliding_window": WINDOW, "pad_token_id": 0}),
    "Phi-4-mini": (
        "phi3",
        {
            "pad_token_id": 0,
            "tie_word_embeddings": True,
            "partial_rotary_factor": 0.5,
            "rope_parameters": LONG_ROPE | {"partial_rotary_factor": 0.5},
            "original_max_position_embeddings": 64,
        },
    ),
    "OLMo 2": ("olmo2", {"pad_token_id": 0}),
    "Granite": (
        "granite",
        {
            "embedding_multiplier": 3.0,
            "logits_scaling": 2.5,
            "residual_multiplier": 0.7,
            "attention_multiplier": 0.4,
            "tie_word_embeddings": True,
        },
    ),
    "Mixtral": ("mixtral", {"num_local_experts": 5, "num_experts_per_tok": 2, "sliding_window": WINDOW}),
    "Qwen3-MoE": (
        "qwen3_moe",
        {
            "num_experts": 6,
            "num_experts_per_tok": 2,
            "moe_intermediate_size": 20,
            "head_dim": 12,
            "norm_topk_prob": True,
            "mlp_only_layers": [1],
        },
    ),
    "gpt-oss": (
        "gpt_oss",
        {"num_local_experts": 5, "num_experts_per_tok": 2, "head_dim": 12, "sliding_window": WINDOW},
    ),
}
MIXTURES = ("Mixtral", "Qwen3-MoE", "gpt-oss")


@dataclass
class Case:
    """A random model of a family, what transformers writes after each prompt, and the model here."""

    folder: Path
    reference: Any
    replies: list[list[int]]
    resident: OffloadedModel
    streamed: OffloadedModel


@pytest.fixture(scope="module", params=FAMILIES)
def case(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Case]:
    name: str = request.param
    folder, reference, replies = telling_model(tmp_path_factory.mktemp("model"), *FAMILIES[name])
    resident = load(folder)
    # The layer in the middle stays, so that both ends of the ring are used; experts stream in all layers.
    streamed = load(folder, streamed=(0, 2), ends=Tier.SSD, experts=Tier.SSD)
    yield Case(folder, reference, replies, resident, streamed)
    resident.close()
    streamed.close()


def telling_model(folder: Path, family: str, changes: dict[str, Any]) -> tuple[Path, Any, list[list[int]]]:
    """A random model whose replies can tell right from wrong, transformers' own of it, and its replies."""
    whole: Any = Gemma3ForConditionalGeneration if family == "gemma3" else AutoModelForCausalLM
    for seed in range(20):
        made = save_random(folder / str(seed), family, changes, seed)
        reference = whole.from_pretrained(made, dtype=torch.float32).eval()
        replies = [greedy(reference, prompt) for prompt in PROMPTS]
        if all(replies):
            return made, reference, replies
    raise AssertionError("no seed makes a model that writes more than the same over and over")


def greedy(model: Any, prompt: list[int]) -> list[int]:
    """transformers' own reply; empty if it says little, for it repeats itself or was a close decision."""
    out = model.generate(
        torch.tensor([prompt]),
        do_sample=False,
        max_new_tokens=LENGTH,
        eos_token_id=None,
        pad_token_id=0,
        return_dict_in_generate=True,
        output_logits=True,
    )
    best = torch.stack(out.logits)[:, 0].topk(2).values
    reply: list[int] = out.sequences[0, len(prompt) :].tolist()
    return reply if len(set(reply)) > 5 and (best[:, 0] - best[:, 1]).min() > 1e-3 else []


class KnowingDrafter:
    """Knows what comes, and hides it in trees that are otherwise wrong."""

    name = "knowing"

    def __init__(self, text: Sequence[int]) -> None:
        self._text = text
        self._random = random.Random(5)

    def grow(self, context: Sequence[int], budget: int, max_depth: int, sampler: Sampler) -> TokenTree:
        draw = self._random
        tokens, parents, depths, true = [context[-1]], [-1], [0], [True]
        for _ in range(4 * budget):
            parent = draw.choice([draw.randrange(len(tokens)), len(tokens) - 1, len(tokens) - 1])
            position = len(context) + depths[parent]
            if len(tokens) == budget or depths[parent] == max_depth:
                continue
            known = true[parent] and draw.random() < 0.8
            token = self._text[position] if known else draw.randrange(VOCABULARY)
            if all((parents[node], tokens[node]) != (parent, token) for node in range(len(tokens))):
                tokens.append(token)
                parents.append(parent)
                depths.append(depths[parent] + 1)
                true.append(true[parent] and token == self._text[position])
        some = len(tokens)
        return TokenTree(
            tuple(tokens), tuple(parents), tuple(depths), (1.0,) * some, (0.0,) * some, (0,) * some, ("",) * some
        )

    def ahead(self, slack: float) -> bool:
        return False

    def observe(self, tree: TokenTree, outcome: Outcome, logits: Tensor) -> Mapping[str, float]:
        return {}  # it knows already


def decode(model: OffloadedModel, drafter: Drafter, prompt: list[int], budget: int) -> tuple[list[int], int]:
    """The reply and the number of steps it took."""
    tokens: list[int] = []
    steps = 0
    decoder = Decoder(model, drafter, CONTEXT, budget)
    for step in decoder.steps(prompt, Sampler(Sampling(), VOCABULARY), budget, LENGTH):
        tokens.extend(step.outcome.choices)
        steps += 1
    return tokens, steps


def test_plain_decoding_writes_what_transformers_writes(case: Case) -> None:
    for prompt, reply in zip(PROMPTS, case.replies, strict=True):
        assert decode(case.resident, NoDrafter(), prompt, 1) == (reply, LENGTH)


@pytest.mark.parametrize("placement", ["resident", "streamed"])
def test_trees_write_what_transformers_writes(case: Case, placement: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # Small, so that the long prompt goes through in several pieces, and attends in several chunks.
    monkeypatch.setattr(pieces, "PROMPT_CHUNK", 6)
    monkeypatch.setattr(sight, "ATTENTION_CHUNK", 9)
    saved = 0
    for prompt, reply in zip(PROMPTS, case.replies, strict=True):
        for budget in BUDGETS:
            drafter = KnowingDrafter([*prompt, *reply])
            tokens, steps = decode(getattr(case, placement), drafter, prompt, budget)
            assert tokens == reply
            saved += len(tokens) - steps
    assert saved > 30  # or nothing was ever accepted, and the test shows nothing


def test_every_node_scores_as_if_its_path_were_the_text(case: Case) -> None:
    text = PROMPTS[1]
    tree = KnowingDrafter([*text, *case.replies[1]]).grow(text, 33, 20, Sampler(Sampling(), VOCABULARY))
    assert tree.depth > WINDOW
    scores = run(case.resident, text[:-1], tree)
    with torch.inference_mode():
        for node in range(len(tree)):
            ids = [*text[:-1], *(tree.tokens[step] for step in tree.path(node))]
            expected = case.reference(torch.tensor([ids])).logits[0, -1]
            torch.testing.assert_close(scores[node], expected, atol=2e-5, rtol=1e-5)


def run(model: OffloadedModel, text: list[int], tree: TokenTree) -> Tensor:
    return model.run(model.new_cache(CONTEXT + len(tree)), text, tree.tokens, tree.depths, tree.visibility())


def test_a_tree_that_grows_by_passes_scores_as_in_one(case: Case) -> None:
    """As a draft model grows it: rows of earlier passes stay, and windows reach past them into the text."""
    model, text = case.resident, PROMPTS[1]
    tree = KnowingDrafter([*text, *case.replies[1]]).grow(text, 33, 20, Sampler(Sampling(), VOCABULARY))
    visible, cache = tree.visibility(), model.new_cache(CONTEXT + len(tree))
    model.run(cache, text[:-2], text[-2:-1], [0], torch.ones(1, 1, dtype=torch.bool))
    cache.commit(text[:-1], range(len(text) - 1))
    parts = [
        model.run(cache, [], tree.tokens[start:end], tree.depths[start:end], visible[start:end, :end], start > 0)
        for start, end in ((0, 1), (1, 12), (12, 33))
    ]
    torch.testing.assert_close(torch.cat(parts), run(model, text[:-1], tree), atol=2e-5, rtol=1e-5)


def test_bfloat16_differs_by_its_rounding_alone(case: Case) -> None:
    tree = TokenTree.root_only(PROMPTS[1][-1])
    model = load(case.folder, (0, 2), dtype=torch.bfloat16)
    scores = run(model, PROMPTS[1][:-1], tree).float()
    exact = run(case.resident, PROMPTS[1][:-1], tree)
    assert torch.cosine_similarity(scores, exact).item() > 0.98
    model.close()


@pytest.mark.parametrize("case", MIXTURES, indirect=True)
def test_just_the_experts_are_fetched_that_the_rows_chose(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sight, "ATTENTION_CHUNK", 4)
    text = PROMPTS[1]
    chosen: list[Tensor] = []
    hooks = [
        module.register_forward_hook(lambda module, args, out: chosen.append(out[2]))
        for name, module in case.reference.named_modules()
        if name.endswith((".mlp.gate", ".mlp.router")) and hasattr(module, "top_k")
    ]
    with torch.inference_mode():
        case.reference(torch.tensor([text]))
    for hook in hooks:
        hook.remove()
    expected = sum(len(experts.unique()) for experts in chosen)
    spec = open_checkpoint(case.folder)
    assert len(chosen) == sum(bool(experts) for experts in spec.expert_groups)
    before = case.streamed.weights.experts_streamed
    run(case.streamed, text[:-1], TokenTree.root_only(text[-1]))
    assert case.streamed.weights.experts_streamed - before == expected
