"""Which tensors, of which shapes, the decoder layers of each supported model family consist of. Pure data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

Shapes = dict[str, tuple[int, ...]]
"""Tensor name relative to its layer -> shape."""


@dataclass(frozen=True, slots=True)
class Dimensions:
    """The sizes from which every shape follows. `experts` and `expert_width` are 0 for a dense model."""

    hidden: int
    intermediate: int
    heads: int
    kv_heads: int
    head_dim: int
    attention_bias: bool
    mlp_bias: bool
    experts: int
    expert_width: int

    @property
    def queries(self) -> int:
        """Rows of the query projection."""
        return self.heads * self.head_dim

    @property
    def keys(self) -> int:
        """Rows of the key projection, and of the value projection."""
        return self.kv_heads * self.head_dim


@dataclass(frozen=True, slots=True)
class Mixture:
    """The experts of a mixture-of-experts family.

    Attributes:
        layer: The tensors of a layer with experts, besides them.
        expert: The tensors of one expert, named relative to it.
        width: Entry of config.json for the intermediate size of an expert.
        fused: Whether a tensor holds its part of all experts of a layer, along its first dimension; if not, each
            expert has its own under its number.
        some: Whether config.json may leave layers without experts, by `mlp_only_layers` and `decoder_sparse_step`.
    """

    layer: Callable[[Dimensions], Shapes]
    expert: Callable[[Dimensions], Shapes]
    width: str = "intermediate_size"
    fused: bool = False
    some: bool = False


@dataclass(frozen=True, slots=True)
class Family:
    """A model family.

    Attributes:
        layer: The tensors of a layer without experts.
        defaults: What config.json means when it leaves an entry out: the defaults of transformers' configuration
            classes, with which the engine computes.
        biases: Which of "attention_bias" and "mlp_bias" config.json may switch on.
        window: When `sliding_window` of config.json holds.
        mixture: The experts, if it has them.
        respelt: Parts of tensor names in the files that stand for others here: patterns and what replaces them.
        ignored: Beginnings of the names of tensors that have no part in writing text.
        text_part: `model_type` of the part that writes text, where config.json describes it in `text_config`.
    """

    layer: Callable[[Dimensions], Shapes]
    defaults: Mapping[str, Any]
    biases: frozenset[str] = frozenset()
    window: Literal["never", "always", "if asked"] = "never"
    mixture: Mixture | None = None
    respelt: tuple[tuple[str, str], ...] = ()
    ignored: tuple[str, ...] = ()
    text_part: str | None = None


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


def _gemma2(d: Dimensions) -> Shapes:
    around: Shapes = {
        "pre_feedforward_layernorm.weight": (d.hidden,),
        "post_feedforward_layernorm.weight": (d.hidden,),
    }
    return _llama(d) | around


def _gemma3(d: Dimensions) -> Shapes:
    return _gemma2(d) | _qwen3(d)


def _mixtral(d: Dimensions) -> Shapes:
    return _norms_before(d) | _attention(d) | {"mlp.gate.weight": (d.experts, d.hidden)}


def _mixtral_expert(d: Dimensions) -> Shapes:
    return {
        "gate_proj.weight": (d.expert_width, d.hidden),
        "up_proj.weight": (d.expert_width, d.hidden),
        "down_proj.weight": (d.hidden, d.expert_width),
    }


def _qwen3_moe(d: Dimensions) -> Shapes:
    norms: Shapes = {"self_attn.q_norm.weight": (d.head_dim,), "self_attn.k_norm.weight": (d.head_dim,)}
    return _mixtral(d) | norms


def _gpt_oss(d: Dimensions) -> Shapes:
    added: Shapes = {
        "self_attn.sinks": (d.heads,),
        "mlp.router.weight": (d.experts, d.hidden),
        "mlp.router.bias": (d.experts,),
    }
    return _norms_before(d) | _attention(d) | added


def _gpt_oss_expert(d: Dimensions) -> Shapes:
    return {
        "gate_up_proj": (d.hidden, 2 * d.expert_width),
        "gate_up_proj_bias": (2 * d.expert_width,),
        "down_proj": (d.expert_width, d.hidden),
        "down_proj_bias": (d.hidden,),
    }


ATTENTION = frozenset({"attention_bias"})
ATTENTION_AND_MLP = frozenset({"attention_bias", "mlp_bias"})

_GEMMA = {
    "hidden_size": 2304,
    "intermediate_size": 9216,
    "num_hidden_layers": 26,
    "num_attention_heads": 8,
    "num_key_value_heads": 4,
    "head_dim": 256,
    "sliding_window": 4096,
}

_GEMMA3 = Family(
    _gemma3,
    _GEMMA | {"vocab_size": 262208, "max_position_embeddings": 131072},
    ATTENTION,
    window="always",
)

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
    "gemma2": Family(
        _gemma2,
        _GEMMA | {"vocab_size": 256000, "max_position_embeddings": 8192},
        ATTENTION,
        window="always",
    ),
    "gemma3_text": _GEMMA3,
    "gemma3": replace(
        _GEMMA3,
        # As they are published, and as newer versions of transformers name them.
        respelt=((r"^language_model\.", ""), (r"^model\.language_model\.", "model.")),
        ignored=("vision_tower.", "multi_modal_projector.", "model.vision_tower.", "model.multi_modal_projector."),
        text_part="gemma3_text",
    ),
    "olmo2": Family(_olmo2, {"max_position_embeddings": 2048}, ATTENTION),
    "phi3": Family(_phi3, {"max_position_embeddings": 4096, "original_max_position_embeddings": 4096}, window="always"),
    "mixtral": Family(
        _llama,
        {"max_position_embeddings": 131072, "num_key_value_heads": 8, "num_experts_per_tok": 2},
        window="always",
        mixture=Mixture(_mixtral, _mixtral_expert),
        respelt=(
            (r"\.block_sparse_moe\.", ".mlp."),
            (r"\.w1\.", ".gate_proj."),
            (r"\.w2\.", ".down_proj."),
            (r"\.w3\.", ".up_proj."),
        ),
    ),
    "qwen3_moe": Family(
        _qwen3,
        {
            "max_position_embeddings": 32768,
            "num_key_value_heads": 4,
            "sliding_window": 4096,
            "moe_intermediate_size": 768,
            "num_experts_per_tok": 8,
        },
        ATTENTION,
        window="if asked",
        mixture=Mixture(_qwen3_moe, _mixtral_expert, width="moe_intermediate_size", some=True),
    ),
    "gpt_oss": Family(
        _llama,
        {
            "max_position_embeddings": 131072,
            "head_dim": 64,
            "num_key_value_heads": 8,
            "sliding_window": 128,
            "num_experts_per_tok": 4,
            "attention_bias": True,
        },
        ATTENTION,
        window="always",
        mixture=Mixture(_gpt_oss, _gpt_oss_expert, fused=True),
    ),
}
"""The supported families by `model_type`."""
