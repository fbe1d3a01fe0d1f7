"""Which tensors, of which shapes, a decoder layer of each supported model family consists of. Pure data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Shapes = dict[str, tuple[int, ...]]
"""Tensor name relative to its layer -> shape."""


@dataclass(frozen=True, slots=True)
class Dimensions:
    """The sizes from which every shape follows."""

    hidden: int
    intermediate: int
    heads: int
    kv_heads: int
    head_dim: int
    attention_bias: bool
    mlp_bias: bool

    @property
    def queries(self) -> int:
        """Rows of the query projection."""
        return self.heads * self.head_dim

    @property
    def keys(self) -> int:
        """Rows of the key projection, and of the value projection."""
        return self.kv_heads * self.head_dim


@dataclass(frozen=True, slots=True)
class Family:
    """A model family whose layers are all alike.

    Attributes:
        layer: The tensors of a layer.
        defaults: What config.json means when it leaves an entry out: the defaults of transformers' configuration
            classes, with which the engine computes.
        biases: Which of "attention_bias" and "mlp_bias" config.json may switch on.
        window: When `sliding_window` of config.json holds.
    """

    layer: Callable[[Dimensions], Shapes]
    defaults: Mapping[str, Any]
    biases: frozenset[str] = frozenset()
    window: Literal["never", "always", "if asked"] = "never"


def _attention(d: Dimensions) -> Shapes:
    shapes: Shapes = {
        "self_attn.q_proj.weight": (d.queries, d.hidden),
        "self_attn.k_proj.weight": (d.keys, d.hidden),
        "self_attn.v_proj.weight": (d.keys, d.hidden),
        "self_attn.o_proj.weight": (d.hidden, d.queries),
    }
    return shapes | _biases(shapes) if d.attention_bias else shapes


def _mlp(d: Dimensions) -> Shapes:
    shapes: Shapes = {
        "mlp.gate_proj.weight": (d.intermediate, d.hidden),
        "mlp.up_proj.weight": (d.intermediate, d.hidden),
        "mlp.down_proj.weight": (d.hidden, d.intermediate),
    }
    return shapes | _biases(shapes) if d.mlp_bias else shapes


def _biases(weights: Shapes) -> Shapes:
    return {name.replace(".weight", ".bias"): shape[:1] for name, shape in weights.items()}


def _norms_before(d: Dimensions) -> Shapes:
    return {"input_layernorm.weight": (d.hidden,), "post_attention_layernorm.weight": (d.hidden,)}


def _llama(d: Dimensions) -> Shapes:
    return _norms_before(d) | _attention(d) | _mlp(d)


def _qwen2(d: Dimensions) -> Shapes:
    biases: Shapes = {
        "self_attn.q_proj.bias": (d.queries,),
        "self_attn.k_proj.bias": (d.keys,),
        "self_attn.v_proj.bias": (d.keys,),
    }
    return _llama(d) | biases


def _qwen3(d: Dimensions) -> Shapes:
    norms: Shapes = {"self_attn.q_norm.weight": (d.head_dim,), "self_attn.k_norm.weight": (d.head_dim,)}
    return _llama(d) | norms


def _olmo2(d: Dimensions) -> Shapes:
    norms: Shapes = {
        "self_attn.q_norm.weight": (d.queries,),
        "self_attn.k_norm.weight": (d.keys,),
        "post_attention_layernorm.weight": (d.hidden,),
        "post_feedforward_layernorm.weight": (d.hidden,),
    }
    return norms | _attention(d) | _mlp(d)


def _phi3(d: Dimensions) -> Shapes:
    fused: Shapes = {
        "self_attn.qkv_proj.weight": (d.queries + 2 * d.keys, d.hidden),
        "self_attn.o_proj.weight": (d.hidden, d.queries),
        "mlp.gate_up_proj.weight": (2 * d.intermediate, d.hidden),
        "mlp.down_proj.weight": (d.hidden, d.intermediate),
    }
    return _norms_before(d) | fused


ATTENTION = frozenset({"attention_bias"})
ATTENTION_AND_MLP = frozenset({"attention_bias", "mlp_bias"})

FAMILIES = {
    "llama": Family(_llama, {"max_position_embeddings": 2048}, ATTENTION_AND_MLP),
    "granite": Family(_llama, {"max_position_embeddings": 2048}, ATTENTION_AND_MLP),
    "mistral": Family(
        _llama,
        {"max_position_embeddings": 131072, "num_key_value_heads": 8, "sliding_window": 4096},
        window="always",
    ),
    "qwen2": Family(
        _qwen2,
        {"max_position_embeddings": 32768, "num_key_value_heads": 32, "sliding_window": 4096},
        window="if asked",
    ),
    "qwen3": Family(
        _qwen3,
        {"max_position_embeddings": 32768, "num_key_value_heads": 32, "head_dim": 128, "sliding_window": 4096},
        ATTENTION,
        window="if asked",
    ),
    "olmo2": Family(_olmo2, {"max_position_embeddings": 2048}, ATTENTION),
    "phi3": Family(_phi3, {"max_position_embeddings": 4096}, window="always"),
}
"""The supported families by `model_type`."""
