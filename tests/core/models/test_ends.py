"""Embedding rows and scores come out as transformers' own modules make them, to the last bit."""

from __future__ import annotations

import pytest
import torch
from transformers import AutoConfig, AutoModelForCausalLM

from core.models.ends import Ends

SIZES = {
    "vocab_size": 40,
    "hidden_size": 24,
    "intermediate_size": 8,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "num_key_value_heads": 1,
}


@torch.inference_mode()
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("family", ["llama", "gemma2", "gemma3_text", "granite"])
def test_ends_are_those_of_the_family(family: str, dtype: torch.dtype) -> None:
    changes = {"embedding_multiplier": 12.3, "logits_scaling": 0.7} if family == "granite" else {}
    config = AutoConfig.for_model(family, **SIZES, **changes)
    torch.manual_seed(0)
    model = AutoModelForCausalLM.from_config(config, dtype=dtype)
    seen: dict[str, torch.Tensor] = {}

    def magnify(module: torch.nn.Module, args: object, products: torch.Tensor) -> torch.Tensor:
        seen["products"] = 30 * products
        return seen["products"]

    model.model.layers[0].register_forward_pre_hook(lambda module, args: seen.update(first=args[0]))
    model.lm_head.register_forward_hook(magnify)
    ids = torch.arange(40)[None]
    scores = model(ids).logits
    ends = Ends.of(config)
    rows = torch.nn.functional.embedding(ids, model.model.embed_tokens.weight)
    assert torch.equal(ends.embedded(rows), seen["first"])
    assert torch.equal(ends.scores(seen["products"]), scores)
