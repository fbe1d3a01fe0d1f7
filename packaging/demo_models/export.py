"""Writes a model the way Hugging Face stores it: config, bf16 safetensors, tokenizer, chat template, model card."""

from __future__ import annotations

from pathlib import Path

import torch
from tokenizers import Tokenizer
from transformers import GenerationConfig, LlamaConfig, LlamaForCausalLM

import vocabulary
from shapes import CONTEXT, Shape

SHARPNESS = 1.5
"""What the shipped scores are multiplied by, the draft's too. Where it does not know the answer, a model this small
spreads its guesses far wider than the chat models it stands for, and would ramble at temperature 1. Greedy answers stay
as they are, but for near-ties."""


def export(model: LlamaForCausalLM, tokenizer: Tokenizer, folder: Path, sharpness: float = 1.0) -> None:
    """Everything that a folder of a model has to hold. The model itself is left as it is."""
    folder.mkdir(parents=True, exist_ok=True)
    config = LlamaConfig(**{**model.config.to_diff_dict(), "use_cache": True, "dtype": "bfloat16"})
    rounded = LlamaForCausalLM(config)
    rounded.load_state_dict(model.state_dict())
    with torch.no_grad():
        # The head is the embedding; the norm before it is the one place that scales scores alone.
        rounded.model.norm.weight.mul_(sharpness)
    rounded.to(torch.bfloat16)  # type: ignore[arg-type]  # transformers' stub of `to` is too narrow
    rounded.generation_config = GenerationConfig(
        bos_token_id=config.bos_token_id, eos_token_id=[config.eos_token_id], pad_token_id=config.pad_token_id
    )
    rounded.save_pretrained(folder)
    (folder / "model.safetensors").chmod(0o644)  # it is written readable by its owner alone
    vocabulary.save(tokenizer, folder, CONTEXT)


def write_card(folder: Path, facts: dict[str, object]) -> None:
    """Fills the model card of that name with the facts."""
    card = (Path(__file__).parent / "cards" / f"{folder.name}.md").read_text(encoding="utf-8")
    (folder / "README.md").write_text(card.format(**facts), encoding="utf-8")


def describe(shape: Shape) -> str:
    """The sizes of a shape in one line of the model card."""
    heads = f"{shape.heads} heads of {shape.hidden // shape.heads}"
    return f"Llama: {shape.layers} layers, hidden size {shape.hidden}, {heads}, MLP {shape.mlp}."
