"""Small random models as GGUF files, written by gguf itself, each beside the same model as gguf reads it back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file

from tests.core.random_models import save_random

Array = NDArray[Any]

SIZES = {"hidden_size": 256, "intermediate_size": 256, "num_hidden_layers": 2}
"""K types hold 256 numbers a block."""

SCALES = {
    "Q2_K": {80: 1e-2, 82: 1.5e-2},
    "Q3_K": {108: 3e-3},
    "Q4_K": {0: 3e-4, 2: 2.3e-3},
    "Q5_K": {0: 2e-4, 2: 3e-3},
    "Q6_K": {208: 1e-4},
    "IQ4_NL": {0: 3e-3},
    "IQ4_XS": {0: 2e-4},
}
"""Where blocks have their float16, and such as make weights of a usual size around 0; of types that gguf reads but does
not write."""

ARCHITECTURES = {"qwen3_moe": "qwen3moe", "mixtral": "llama", "gemma3_text": "gemma3", "gpt_oss": "gpt-oss"}
TURNED = ("llama", "mixtral", "granite")
ONE_ADDED = ("gemma2", "gemma3_text")
IN_FLOAT32 = ("mlp.gate.weight", "mlp.router.weight", "_bias")


def save_gguf(
    folder: Path, family: str, changes: dict[str, Any], kind: str, seed: int = 0, parts: int = 1
) -> tuple[Path, Path]:
    """A random model as GGUF and as safetensors: the folders of both."""
    plain = save_random(folder / "plain", family, SIZES | changes, seed)
    return write_gguf(plain, folder / "gguf", kind, seed, parts), plain


def write_gguf(plain: Path, made: Path, kind: str, seed: int = 0, parts: int = 1) -> Path:
    """Write a model into a GGUF file in the folder `made`; the weights in `plain` become what gguf reads of it.

    Args:
        kind: What matrices are stored as.
        seed: Of those that gguf cannot write: these are drawn anew.
        parts: In how many files.
    """
    gguf = pytest.importorskip("gguf", reason="gguf is not installed")
    config = json.loads((plain / "config.json").read_text())
    family = config["model_type"]
    tensors = load_file(plain / "model.safetensors")
    made.mkdir()
    architecture = ARCHITECTURES.get(family, family)
    most = -(-len(tensors) // parts) if parts > 1 else 0
    writer = gguf.GGUFWriter(made / "m.gguf", architecture, split_max_tensors=most)
    _describe(gguf, writer, config)
    number = next(each for each, name in gguf.MODEL_ARCH_NAMES.items() if name == architecture)
    names = gguf.get_tensor_name_map(number, config["num_hidden_layers"])
    random = np.random.default_rng(seed)
    grouped: dict[str, list[Array]] = {}
    for name, tensor in tensors.items():
        numbers = tensor.float().numpy()
        if ".experts." in name and numbers.ndim > 1 and family == "gpt_oss":
            tensors[name] = torch.from_numpy(_add_fused(gguf, writer, names, name, numbers, kind, random))
            continue
        stored_name = names.get_name(_published(name), try_suffixes=(".weight", ".bias"))
        if numbers.ndim == 1 or name.endswith(IN_FLOAT32):
            # In float32; norms of Gemma with 1 added.
            stored = numbers + (1 if family in ONE_ADDED and name.endswith("norm.weight") else 0)
            suffix = ".weight" if name.endswith("sinks") else ""
            writer.add_tensor(stored_name + suffix, stored.astype(np.float32))
            continue
        heads = _turned_heads(name, config) if family in TURNED else 0
        raw = _blocks(gguf, _turned(numbers, heads), kind, random)
        read = gguf.dequantize(raw, gguf.GGMLQuantizationType[kind]).reshape(numbers.shape)
        tensors[name] = torch.from_numpy(_turned_back(read, heads).copy())
        if ".experts." in name:
            grouped.setdefault(stored_name, []).append(raw)
        else:
            writer.add_tensor(stored_name, raw, raw_dtype=gguf.GGMLQuantizationType[kind])
    for stored_name, experts in grouped.items():
        writer.add_tensor(stored_name, np.stack(experts), raw_dtype=gguf.GGMLQuantizationType[kind])
    # So that llama.cpp opens it without a tokenizer.
    writer.add_tokenizer_model("no_vocab")
    writer.add_vocab_size(config["vocab_size"])
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, plain / "model.safetensors")
    return made


def _describe(gguf: Any, writer: Any, config: dict[str, Any]) -> None:
    heads = config["num_attention_heads"]
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(heads)
    writer.add_head_count_kv(config["num_key_value_heads"])
    if config["model_type"] != "phi3":
        writer.add_key_length(config.get("head_dim") or config["hidden_size"] // heads)
        writer.add_value_length(config.get("head_dim") or config["hidden_size"] // heads)
    writer.add_rope_dimension_count(config.get("head_dim") or config["hidden_size"] // heads)
    rope = config["rope_parameters"].get("full_attention", config["rope_parameters"])
    writer.add_rope_freq_base(rope["rope_theta"])
    if rope["rope_type"] == "yarn":
        writer.add_rope_scaling_type(gguf.RopeScalingType.YARN)
        writer.add_rope_scaling_factor(rope["factor"])
        writer.add_rope_scaling_orig_ctx_len(rope["original_max_position_embeddings"])
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
    if config["model_type"] in ("gemma2", "gemma3_text", "gpt_oss"):
        writer.add_sliding_window(config["sliding_window"])
    if config["model_type"] == "granite":
        writer.add_attention_scale(config["attention_multiplier"])
        writer.add_embedding_scale(config["embedding_multiplier"])
        writer.add_residual_scale(config["residual_multiplier"])
        writer.add_logit_scale(config["logits_scaling"])
    if config["model_type"] == "gemma2":
        writer.add_attn_logit_softcapping(config["attn_logit_softcapping"])
        writer.add_final_logit_softcapping(config["final_logit_softcapping"])
    if experts := config.get("num_local_experts") or config.get("num_experts"):
        writer.add_expert_count(experts)
        writer.add_expert_used_count(config["num_experts_per_tok"])
    if "moe_intermediate_size" in config or config["model_type"] == "gpt_oss":
        writer.add_expert_feed_forward_length(config.get("moe_intermediate_size", config["intermediate_size"]))


def _add_fused(
    gguf: Any, writer: Any, names: Any, name: str, numbers: Array, kind: str, random: np.random.Generator
) -> Array:
    """Write a tensor of gpt-oss's experts as llama.cpp's converter does, gate and up apart and rows first.

    Returns: what gguf reads of it, as transformers has it.
    """
    bias, read = name.endswith("_bias"), numbers.copy()
    module = name.removesuffix("_bias")
    for number, part in enumerate(("gate_proj", "up_proj") if "gate_up" in name else ("down_proj",)):
        mine = (..., slice(number, None, 2 if "gate_up" in name else 1))
        stored_name = names.get_name(module.replace("gate_up_proj", part).replace("down_proj", part))
        if bias:
            writer.add_tensor(f"{stored_name}.bias", numbers[mine].copy())
            continue
        rows = numbers[mine].swapaxes(1, 2)
        raw = _blocks(gguf, rows.reshape(-1, rows.shape[-1]), kind, random)
        writer.add_tensor(
            f"{stored_name}.weight", raw.reshape(*rows.shape[:2], -1), raw_dtype=gguf.GGMLQuantizationType[kind]
        )
        read[mine] = gguf.dequantize(raw, gguf.GGMLQuantizationType[kind]).reshape(rows.shape).swapaxes(1, 2)
    return read


def _published(name: str) -> str:
    """The name that gguf's tables know; experts are stored together."""
    if ".experts." in name:
        before, after = name.split(".experts.")
        return f"{before}.experts.{after.split('.', 1)[1]}"
    return name


def _turned_heads(name: str, config: dict[str, Any]) -> int:
    if "q_proj" in name:
        return int(config["num_attention_heads"])
    return int(config["num_key_value_heads"]) if "k_proj" in name else 0


def _turned(numbers: Array, heads: int) -> Array:
    """As llama.cpp's converter turns the rows of each head."""
    if not heads:
        return numbers
    halves = numbers.reshape(heads, 2, numbers.shape[0] // heads // 2, *numbers.shape[1:])
    return halves.swapaxes(1, 2).reshape(numbers.shape)


def _turned_back(numbers: Array, heads: int) -> Array:
    if not heads:
        return numbers
    pairs = numbers.reshape(heads, numbers.shape[0] // heads // 2, 2, *numbers.shape[1:])
    return pairs.swapaxes(1, 2).reshape(numbers.shape)


def _blocks(gguf: Any, numbers: Array, kind: str, random: np.random.Generator) -> Array:
    """A matrix of a type: the one given, or if gguf cannot write the type a random one of its size."""
    if kind not in SCALES:
        quantised: Array = gguf.quantize(numbers.astype(np.float32), gguf.GGMLQuantizationType[kind])
        return quantised
    elements, length = gguf.GGML_QUANT_SIZES[gguf.GGMLQuantizationType[kind]]
    blocks = random.integers(0, 256, (numbers.size // elements, length), dtype=np.uint8)
    for at, size in SCALES[kind].items():
        scales = (random.uniform(0.8, 1.2, (len(blocks), 1)) * size).astype(np.float16)
        blocks[:, at : at + 2] = scales.view(np.uint8)
    return blocks.reshape(numbers.shape[0], -1)
