"""The shapes of target and draft: plain Llama, so that every engine can run them."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from transformers import LlamaConfig, LlamaForCausalLM

CONTEXT = 1024


@dataclass(frozen=True)
class Shape:
    """The sizes that set target and draft apart; the rest is common."""

    hidden: int
    layers: int
    heads: int
    mlp: int


TARGET = Shape(hidden=320, layers=6, heads=5, mlp=864)
"""8.7 million parameters: enough to learn what the standard library says of itself in 45 minutes on two cores."""

DRAFT = Shape(hidden=192, layers=3, heads=3, mlp=512)
"""2.1 million parameters: just under a quarter of the target. Half of that agreed too rarely with it."""


def build(shape: Shape, vocabulary: int, begin: int, end: int, pad: int, seed: int) -> LlamaForCausalLM:
    """A freshly initialised model, the same for the same seed."""
    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=vocabulary,
        hidden_size=shape.hidden,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        num_key_value_heads=shape.heads,
        head_dim=shape.hidden // shape.heads,
        intermediate_size=shape.mlp,
        max_position_embeddings=CONTEXT,
        rms_norm_eps=1e-5,
        tie_word_embeddings=True,
        bos_token_id=begin,
        eos_token_id=end,
        pad_token_id=pad,
        use_cache=False,
    )
    return LlamaForCausalLM(config)
