"""What the engine process does before the first load, so that the load is quick and its memory is known."""

from __future__ import annotations

import torch
from torch import nn
from transformers import LlamaConfig, LlamaForCausalLM


@torch.inference_mode()
def warm_up() -> None:
    """Run a tiny random model once.

    That imports the modelling code, and makes torch start its threads and set up its matrix kernels: seconds that the
    person would otherwise wait, and memory that the planner would have missed, at the first load.
    """
    config = LlamaConfig(
        vocab_size=64,
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=1,
        num_attention_heads=2,
        num_key_value_heads=1,
    )
    model: nn.Module = LlamaForCausalLM(config)
    for dtype in (torch.float32, torch.bfloat16):
        model.to(dtype)(torch.zeros(1, 64, dtype=torch.int64))
