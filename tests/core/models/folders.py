"""Writes model folders for tests: real headers over files of the right size, without a byte of weights."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from core.errors import UnusableModel
from core.models.checkpoint import open_checkpoint
from core.models.spec import DTYPE_BYTES

Shapes = Mapping[str, tuple[int, ...]]

LLAMA_70B = {
    "model_type": "llama",
    "architectures": ["LlamaForCausalLM"],
    "hidden_size": 8192,
    "intermediate_size": 28672,
    "num_hidden_layers": 80,
    "num_attention_heads": 64,
    "num_key_value_heads": 8,
    "vocab_size": 128256,
    "max_position_embeddings": 131072,
}


def tiny_config(**changes: Any) -> dict[str, Any]:
    """config.json of a Llama with 2 layers; a change to None leaves the entry out."""
    config = {
        "model_type": "llama",
        "architectures": ["LlamaForCausalLM"],
        "hidden_size": 16,
        "intermediate_size": 24,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "vocab_size": 32,
        "max_position_embeddings": 128,
        "bos_token_id": 0,
        "eos_token_id": 1,
    } | changes
    return {key: value for key, value in config.items() if value is not None}


def llama_shapes(config: Mapping[str, Any], *, head: bool = True) -> dict[str, tuple[int, ...]]:
    """The tensors of a Llama checkpoint, written down apart from the program's own table."""
    hidden, inner = config["hidden_size"], config["intermediate_size"]
    head_dim = hidden // config["num_attention_heads"]
    keys = config.get("num_key_value_heads", config["num_attention_heads"]) * head_dim
    shapes: dict[str, tuple[int, ...]] = {"model.embed_tokens.weight": (config["vocab_size"], hidden)}
    for layer in range(config["num_hidden_layers"]):
        shapes |= {
            f"model.layers.{layer}.{name}.weight": shape
            for name, shape in {
                "input_layernorm": (hidden,),
                "self_attn.q_proj": (hidden, hidden),
                "self_attn.k_proj": (keys, hidden),
                "self_attn.v_proj": (keys, hidden),
                "self_attn.o_proj": (hidden, hidden),
                "post_attention_layernorm": (hidden,),
                "mlp.gate_proj": (inner, hidden),
                "mlp.up_proj": (inner, hidden),
                "mlp.down_proj": (hidden, inner),
            }.items()
        }
    shapes["model.norm.weight"] = (hidden,)
    if head:
        shapes["lm_head.weight"] = (config["vocab_size"], hidden)
    return shapes


def mixtral_config(**changes: Any) -> dict[str, Any]:
    """config.json of a mixture of 3 experts that are stored apart."""
    config = {"model_type": "mixtral", "architectures": ["MixtralForCausalLM"], "num_local_experts": 3}
    return tiny_config(**config | changes)


def mixtral_shapes() -> dict[str, tuple[int, ...]]:
    """The tensors of `mixtral_config`, by the names they are published under."""
    shapes = {name: shape for name, shape in llama_shapes(tiny_config()).items() if ".mlp." not in name}
    for layer in range(2):
        moe = f"model.layers.{layer}.block_sparse_moe."
        shapes[f"{moe}gate.weight"] = (3, 16)
        for expert in range(3):
            shapes |= {f"{moe}experts.{expert}.{name}.weight": (24, 16) for name in ("w1", "w3")}
            shapes[f"{moe}experts.{expert}.w2.weight"] = (16, 24)
    return shapes


def gpt_oss_config(**changes: Any) -> dict[str, Any]:
    """config.json of a mixture of 3 experts that are stored together."""
    config = {"model_type": "gpt_oss", "architectures": ["GptOssForCausalLM"], "num_local_experts": 3}
    return tiny_config(**config | {"num_experts_per_tok": 2, "head_dim": 4} | changes)


def gpt_oss_shapes() -> dict[str, tuple[int, ...]]:
    """The tensors of `gpt_oss_config`."""
    shapes = {name: shape for name, shape in llama_shapes(tiny_config()).items() if ".mlp." not in name}
    for layer in range(2):
        attention, mlp = f"model.layers.{layer}.self_attn.", f"model.layers.{layer}.mlp."
        shapes |= {f"{attention}{part}_proj.bias": (size,) for part, size in zip("qkvo", (16, 8, 8, 16), strict=True)}
        shapes |= {f"{attention}sinks": (4,), f"{mlp}router.weight": (3, 16), f"{mlp}router.bias": (3,)}
        shapes |= {f"{mlp}experts.gate_up_proj": (3, 16, 48), f"{mlp}experts.gate_up_proj_bias": (3, 48)}
        shapes |= {f"{mlp}experts.down_proj": (3, 24, 16), f"{mlp}experts.down_proj_bias": (3, 16)}
    return shapes


def gemma3_config(**changes: Any) -> dict[str, Any]:
    """config.json of a Gemma 3 with images. As those published, it leaves out what transformers takes for granted."""
    return {
        "model_type": "gemma3",
        "architectures": ["Gemma3ForConditionalGeneration"],
        "text_config": {"hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 2, "vocab_size": 32},
        "vision_config": {"hidden_size": 8},
        "eos_token_id": [1, 106],
    } | changes


def gemma3_shapes(config: Mapping[str, Any], tied: bool) -> dict[str, tuple[int, ...]]:
    """The tensors of a Gemma 3 without images that has 8 heads over 4, each of 256."""
    hidden = config["hidden_size"]
    shapes = llama_shapes(dict(config) | {"num_attention_heads": 1}, head=not tied)
    for layer in range(config["num_hidden_layers"]):
        attention = f"model.layers.{layer}.self_attn."
        shapes |= {f"{attention}q_proj.weight": (2048, hidden), f"{attention}o_proj.weight": (hidden, 2048)}
        shapes |= {f"{attention}{part}_proj.weight": (1024, hidden) for part in "kv"}
        shapes |= {f"{attention}{part}_norm.weight": (256,) for part in "qk"}
        shapes |= {f"model.layers.{layer}.{part}_feedforward_layernorm.weight": (hidden,) for part in ("pre", "post")}
    return shapes


def write_safetensors(file: Path, shapes: Shapes, dtype: str = "BF16") -> None:
    """A safetensors file with a real header; the tensors' bytes are a hole that takes no space."""
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    end = 0
    for name, shape in shapes.items():
        begin, end = end, end + math.prod(shape) * DTYPE_BYTES[dtype]
        header[name] = {"dtype": dtype, "shape": list(shape), "data_offsets": [begin, end]}
    write_header(file, json.dumps(header).encode(), end)


def write_header(file: Path, header: bytes, data_bytes: int) -> None:
    """A file with this header, whatever it says, and so many bytes after it."""
    with file.open("wb") as stream:
        stream.write(len(header).to_bytes(8, "little") + header)
        stream.truncate(8 + len(header) + data_bytes)


def write_model(
    folder: Path, config: dict[str, Any] | None = None, shapes: Shapes | None = None, dtype: str = "BF16"
) -> Path:
    """A model folder with config.json and model.safetensors; by default a tiny Llama that opens."""
    config = tiny_config() if config is None else config
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(config))
    write_safetensors(folder / "model.safetensors", llama_shapes(config) if shapes is None else shapes, dtype)
    return folder


def write_sharded_model(folder: Path, config: dict[str, Any], shards: int, dtype: str = "BF16") -> Path:
    """A model folder whose tensors are spread over so many files, as large models come."""
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps(config))
    names = list(shapes := llama_shapes(config))
    places = {
        name: f"model-{index * shards // len(names) + 1:05}-of-{shards:05}.safetensors"
        for index, name in enumerate(names)
    }
    for shard in set(places.values()):
        write_safetensors(
            folder / shard, {name: shape for name, shape in shapes.items() if places[name] == shard}, dtype
        )
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": places}))
    return folder


def problem(folder: Path) -> str:
    """What is said of a folder that cannot be opened."""
    with pytest.raises(UnusableModel) as caught:
        open_checkpoint(folder)
    assert caught.value.remedy.endswith(".")
    return caught.value.what
