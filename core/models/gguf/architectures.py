"""How llama.cpp keeps the settings of each family, in the terms of config.json."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.errors import UnusableModel
from core.models.gguf.header import GgufTensor

AGAIN = "Download the model again."
OTHER_VERSION = "Choose the model's safetensors version."

Entries = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Architecture:
    """How a family is kept in GGUF files.

    Attributes:
        model_type: Its name in config.json.
        modules: Where it differs from `model.MODULES`.
        turned: Whether the rows of query and key heads are turned.
        added: What is added to norms.
        fused: Whether transformers has gate and up of all experts in one tensor, which the files have apart.
        settings: Entries of config.json that other families do not have.
    """

    model_type: str
    modules: Mapping[str, str]
    turned: bool = False
    added: int = 0
    fused: bool = False
    settings: Callable[[Settings], dict[str, Any]] = lambda reader: {}


class Settings:
    """Looks up the entries of a file, whose names start with that of its architecture."""

    def __init__(self, file: Path, entries: Entries, tensors: Mapping[str, GgufTensor]) -> None:
        self.file = file
        self._entries = entries
        self._tensors = tensors
        self._prefix = f"{entries.get('general.architecture')}."

    def count(self, key: str, default: int | None = None) -> int:
        """A whole number above 0. Raises UnusableModel."""
        value = self._entries.get(self._prefix + key, default)
        if isinstance(value, list) and value and len(set(value)) == 1:
            value = value[0]  # the same for every layer
        if type(value) is not int or value <= 0:
            raise UnusableModel(f"{self.file} says {value!r} for {self._prefix}{key}.", AGAIN)
        return value

    def number(self, key: str, default: float | None = None) -> float:
        """Raises UnusableModel if it is missing without a default, or not finite."""
        value = self._entries.get(self._prefix + key, default)
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
            raise UnusableModel(f"{self.file} says {value!r} for {self._prefix}{key}.", AGAIN)
        # Numbers were shortened to 32 bits; "1e-5" is meant, not what that is nearest to.
        return float(f"{value:.7g}")

    def get(self, key: str) -> Any:
        return self._entries.get(self._prefix + key)

    def numbers(self, tensor: str) -> list[float] | None:
        """The numbers of a small tensor, or None if there is none of that name."""
        found = self._tensors.get(tensor)
        if found is None:
            return None
        if found.type.name != "F32" or found.bytes > 1 << 16:
            raise UnusableModel(f"{self.file} holds {tensor} in a form that Penjing does not know.", OTHER_VERSION)
        with found.file.open("rb") as stream:
            stream.seek(found.offset)
            return list(struct.unpack(f"<{found.bytes // 4}f", stream.read(found.bytes)))


def architecture_of(file: Path, entries: Entries) -> Architecture:
    name = entries.get("general.architecture")
    if name == "llama" and entries.get("llama.expert_count"):
        name = "mixtral"
    if not isinstance(name, str) or name not in ARCHITECTURES:
        raise UnusableModel(
            f"{file} holds a model of the architecture {name!r}, which Penjing does not read from GGUF files.",
            f"Choose its safetensors version, or a model of: {', '.join(ARCHITECTURES)}.",
        )
    return ARCHITECTURES[name]


def config_of(
    architecture: Architecture, reader: Settings, entries: Entries, tensors: Mapping[str, GgufTensor]
) -> dict[str, Any]:
    table = tensors.get("token_embd.weight")
    if table is None or len(table.shape) != 2:
        raise UnusableModel(f"{reader.file} holds no embedding (token_embd.weight).", AGAIN)
    heads = reader.count("attention.head_count")
    hidden = reader.count("embedding_length")
    config: dict[str, Any] = {
        "model_type": architecture.model_type,
        "hidden_size": hidden,
        "intermediate_size": reader.count("feed_forward_length"),
        "num_hidden_layers": reader.count("block_count"),
        "num_attention_heads": heads,
        "num_key_value_heads": reader.count("attention.head_count_kv", heads),
        "head_dim": reader.count("attention.key_length", max(1, hidden // heads)),
        "rms_norm_eps": reader.number("attention.layer_norm_rms_epsilon"),
        "max_position_embeddings": reader.count("context_length"),
        "vocab_size": table.shape[0],
        "rope_parameters": _rope(reader),
        "tie_word_embeddings": "output.weight" not in tensors,
    }
    for name in ("bos", "eos", "eot"):
        token = entries.get(f"tokenizer.ggml.{name}_token_id")
        if type(token) is int:
            config[f"{name}_token_id"] = token
    ends = [config[key] for key in ("eos_token_id", "eot_token_id") if key in config]
    if config.pop("eot_token_id", None) is not None:
        config["eos_token_id"] = sorted(set(ends))
    return config | architecture.settings(reader)


def _rope(reader: Settings) -> dict[str, Any]:
    """How positions turn."""
    rope: dict[str, Any] = {"rope_type": "default", "rope_theta": reader.number("rope.freq_base", 10000.0)}
    kind = reader.get("rope.scaling.type")
    factors = reader.numbers("rope_freqs.weight")
    if factors is not None:
        return rope | _llama3(reader, factors)
    if kind in (None, "none"):
        return rope
    if kind not in ("linear", "yarn"):
        raise UnusableModel(f"{reader.file} scales positions in an unknown way: {kind}.", OTHER_VERSION)
    rope |= {"rope_type": kind, "factor": reader.number("rope.scaling.factor")}
    if kind == "yarn":
        rope["original_max_position_embeddings"] = reader.count("rope.scaling.original_context_length")
    return rope


def _llama3(reader: Settings, divisors: list[float]) -> dict[str, Any]:
    """The settings of Llama 3 from what they make of each frequency, which is all that is stored."""
    theta, size = reader.number("rope.freq_base", 10000.0), 2 * len(divisors)
    factor, low, high, original = max(divisors), 1.0, 4.0, 8192
    for place, found in enumerate(divisors):
        wave = 2 * math.pi * theta ** (2 * place / size)
        smooth = min(1.0, max(0.0, (original / wave - low) / (high - low)))
        expected = 1 / ((1 - smooth) / factor + smooth)
        if not math.isclose(found, expected, rel_tol=1e-3):
            raise UnusableModel(
                f"{reader.file} scales positions otherwise than Llama 3 does (rope_freqs.weight).", OTHER_VERSION
            )
    return {
        "rope_type": "llama3",
        "factor": factor,
        "low_freq_factor": low,
        "high_freq_factor": high,
        "original_max_position_embeddings": original,
    }


def _mixtral(reader: Settings) -> dict[str, Any]:
    experts, used = reader.count("expert_count"), reader.count("expert_used_count")
    return {"num_local_experts": experts, "num_experts_per_tok": used, "sliding_window": None}


def _qwen3_moe(reader: Settings) -> dict[str, Any]:
    return {
        "num_experts": reader.count("expert_count"),
        "num_experts_per_tok": reader.count("expert_used_count"),
        "moe_intermediate_size": reader.count("expert_feed_forward_length"),
        "norm_topk_prob": True,
    }


def _gemma2(reader: Settings) -> dict[str, Any]:
    # The largest of the family is scaled by another number, which files do not tell.
    by_heads = reader.count("block_count") == 46
    heads, hidden = reader.count("attention.head_count"), reader.count("embedding_length")
    scalar = hidden // heads if by_heads else reader.count("attention.key_length")
    return {
        "query_pre_attn_scalar": scalar,
        "sliding_window": reader.count("attention.sliding_window", 4096),
        "attn_logit_softcapping": reader.number("attn_logit_softcapping", 50.0),
        "final_logit_softcapping": reader.number("final_logit_softcapping", 30.0),
        "hidden_activation": "gelu_pytorch_tanh",
    }


def _gemma3(reader: Settings) -> dict[str, Any]:
    layers, period = reader.count("block_count"), reader.count("attention.sliding_window_pattern", 6)
    # The largest of the family is scaled by another number, which files do not tell.
    by_heads = layers == 62
    heads, hidden = reader.count("attention.head_count"), reader.count("embedding_length")
    local = {"rope_type": "default", "rope_theta": reader.number("rope.freq_base_swa", 10000.0)}
    capped = reader.get("final_logit_softcapping") is not None
    return {
        "query_pre_attn_scalar": hidden // heads if by_heads else reader.count("attention.key_length"),
        "sliding_window": reader.count("attention.sliding_window"),
        "layer_types": [
            "full_attention" if number % period == 0 else "sliding_attention" for number in range(1, layers + 1)
        ],
        "rope_parameters": {"full_attention": _rope(reader), "sliding_attention": local},
        "final_logit_softcapping": reader.number("final_logit_softcapping") if capped else None,
        "hidden_activation": "gelu_pytorch_tanh",
    }


def _granite(reader: Settings) -> dict[str, Any]:
    return {
        "attention_multiplier": reader.number("attention.scale"),
        "embedding_multiplier": reader.number("embedding_scale", 1.0),
        "residual_multiplier": reader.number("residual_scale", 1.0),
        "logits_scaling": reader.number("logit_scale", 1.0),
    }


def _olmo2(reader: Settings) -> dict[str, Any]:
    if reader.get("attention.sliding_window") is not None:
        raise UnusableModel(
            f"{reader.file} holds an OLMo 3, a family that Penjing does not support yet.", "Choose another model."
        )
    return {}


def _gpt_oss(reader: Settings) -> dict[str, Any]:
    rope = _rope(reader)
    if rope["rope_type"] == "yarn":
        rope |= {"beta_fast": 32.0, "beta_slow": 1.0, "truncate": False}
    return {
        "num_local_experts": reader.count("expert_count"),
        "num_experts_per_tok": reader.count("expert_used_count"),
        "intermediate_size": reader.count("expert_feed_forward_length"),
        "sliding_window": reader.count("attention.sliding_window"),
        "attention_bias": True,
        "rope_parameters": rope,
    }


def _phi3(reader: Settings) -> dict[str, Any]:
    original = reader.count("rope.scaling.original_context_length", reader.count("context_length"))
    short, long = reader.numbers("rope_factors_short.weight"), reader.numbers("rope_factors_long.weight")
    size = reader.count("rope.dimension_count")
    head = reader.count("embedding_length") // reader.count("attention.head_count")
    rope: dict[str, Any] = {"rope_type": "default", "rope_theta": reader.number("rope.freq_base", 10000.0)}
    if short is not None and long is not None:
        rope |= {"rope_type": "longrope", "short_factor": short, "long_factor": long}
    rope["partial_rotary_factor"] = size / head
    return {
        "rope_parameters": rope,
        "partial_rotary_factor": size / head,
        "original_max_position_embeddings": original,
        "sliding_window": reader.get("attention.sliding_window") or None,
        "pad_token_id": 0,
    }


ARCHITECTURES = {
    "llama": Architecture("llama", {}, turned=True),
    "mixtral": Architecture("mixtral", {}, turned=True, settings=_mixtral),
    "qwen2": Architecture("qwen2", {}),
    "qwen3": Architecture("qwen3", {}),
    "qwen3moe": Architecture("qwen3_moe", {}, settings=_qwen3_moe),
    "gemma2": Architecture("gemma2", {"ffn_norm": "pre_feedforward_layernorm"}, added=1, settings=_gemma2),
    "gemma3": Architecture("gemma3_text", {"ffn_norm": "pre_feedforward_layernorm"}, added=1, settings=_gemma3),
    "granite": Architecture("granite", {}, turned=True, settings=_granite),
    "olmo2": Architecture("olmo2", {}, settings=_olmo2),
    "gpt-oss": Architecture("gpt_oss", {"ffn_gate_inp": "mlp.router"}, fused=True, settings=_gpt_oss),
    "phi3": Architecture("phi3", {"ffn_up": "mlp.gate_up_proj"}, settings=_phi3),
}
"""The supported architectures, by `general.architecture`; Mixtral's is "llama" in the files."""
