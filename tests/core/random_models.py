"""Small random models with real weights, saved as checkpoints."""

from __future__ import annotations

from pathlib import Path

import torch
from transformers import LlamaConfig, LlamaForCausalLM

from core.models.checkpoint import open_checkpoint
from core.offload.offloaded_model import OffloadedModel
from core.planning.plan import Tier

VOCABULARY = 61


def save_llama(folder: Path, layers: int = 3, seed: int = 0, sharpness: float = 8.0, tied: bool = False) -> Path:
    """A random Llama whose output head is scaled up, so that its distributions have a favourite as real ones do."""
    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=VOCABULARY,
        hidden_size=32,
        intermediate_size=48,
        num_hidden_layers=layers,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=2048,
        tie_word_embeddings=tied,
    )
    model = LlamaForCausalLM(config)
    with torch.no_grad():
        for parameter in model.model.layers.parameters():
            if parameter.dim() == 2:
                parameter.mul_(4.0)
        model.lm_head.weight.mul_(sharpness)
    model.save_pretrained(folder)
    return folder


def load(
    folder: Path, streamed: tuple[int, ...] = (), dtype: torch.dtype = torch.float32, slots: int = 2
) -> OffloadedModel:
    """The model with the layers `streamed` on the drive and the others resident."""
    spec = open_checkpoint(folder)
    tiers = [Tier.SSD if index in streamed else Tier.RAM for index in range(len(spec.layers))]
    return OffloadedModel(spec, tiers, Tier.RAM, slots, dtype, torch.device("cpu"))
