"""Writes model folders for tests: real headers over files of the right size, without a byte of weights."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from core.models.spec import DTYPE_BYTES

Shapes = Mapping[str, tuple[int, ...]]


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
