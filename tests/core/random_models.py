"""Small random models with real weights, saved as checkpoints."""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

import torch
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    Gemma3Config,
    Gemma3ForConditionalGeneration,
    LlamaConfig,
    LlamaForCausalLM,
)

from core.models.checkpoint import open_checkpoint
from core.offload.offloaded_model import OffloadedModel
from core.offload.places import Places
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


def save_random(folder: Path, family: str, changes: dict[str, Any], seed: int = 0) -> Path:
    """A random model of a family with three layers, whose distributions have a favourite.

    Args:
        family: `model_type`.
        changes: What to set in its configuration besides the sizes; for "gemma3" in that of its text part.
    """
    torch.manual_seed(seed)
    settings = {
        "vocab_size": VOCABULARY,
        "hidden_size": 32,
        "intermediate_size": 48,
        "num_hidden_layers": 3,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "max_position_embeddings": 128,
    } | changes
    if family == "gemma3":
        vision = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
        images = Gemma3Config(
            text_config=settings,
            vision_config=vision | {"image_size": 28, "patch_size": 14},
            mm_tokens_per_image=4,
        )
        model: Any = Gemma3ForConditionalGeneration(images)
    else:
        model = AutoModelForCausalLM.from_config(AutoConfig.for_model(family, **settings))
    tied = model.get_input_embeddings().weight is model.get_output_embeddings().weight
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "embed_tokens" in name:
                # Small beside what layers add, or a tied model would write each token again.
                parameter.normal_(std=0.05)
            elif parameter.dim() > 1:
                parameter.normal_(std=0.2)
            else:
                # Norms stay near what they are made with: 1, or 0 where they are added to 1; the last is larger.
                parameter.add_(0.2 * torch.randn_like(parameter))
                if name.endswith("model.norm.weight"):
                    parameter.add_(5.0 if tied else 0.5)
    model.save_pretrained(folder)
    return folder


def load(
    folder: Path,
    streamed: Collection[int] = (),
    dtype: torch.dtype = torch.float32,
    slots: int = 2,
    ends: Tier = Tier.RAM,
    experts: Tier | None = None,
    cancelled: Callable[[], bool] = lambda: False,
    packed: bool = False,
) -> OffloadedModel:
    """The model on the CPU, with the layers `streamed` on the drive and the others resident.

    Args:
        packed: Whether resident weights stay packed.
        ends: Where embedding and head live.
        experts: Where all experts live; None for the tier of their layer.
    """
    spec = open_checkpoint(folder)
    layers = tuple(Tier.SSD if index in streamed else Tier.RAM for index in range(len(spec.layers)))
    places = Places(
        resident=Tier.RAM,
        layers=layers,
        experts=layers if experts is None else (experts,) * len(layers),
        embedding=ends,
        head=ends,
        kv=Tier.RAM,
        staging_slots=slots,
        expert_slots=slots,
        reading_threads=2,
        packed=packed,
    )
    return OffloadedModel(spec, places, dtype, torch.device("cpu"), cancelled=cancelled)
