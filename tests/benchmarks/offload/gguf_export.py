"""Writes a Llama checkpoint as a GGUF file, tensor by tensor, for llama.cpp to run on the same weights."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from gguf import MODEL_ARCH, GGMLQuantizationType, GGUFWriter, TokenType, get_tensor_name_map
from numpy.typing import NDArray

from core.models.safetensors_header import read_header
from core.models.spec import TensorSpec

Array = NDArray[Any]

STORED = {
    "BF16": (np.uint16, GGMLQuantizationType.BF16),  # numpy has no bfloat16: its bits pass through as they are
    "F16": (np.float16, GGMLQuantizationType.F16),
    "F32": (np.float32, GGMLQuantizationType.F32),
}


def export(model: Path, out: Path) -> None:
    """Write the checkpoint in folder `model` to the file `out`; matrices keep their dtype, vectors become float32.

    Raises:
        ValueError: The model is no plain Llama, or uses a dtype or rotary scaling that is not written here.
    """
    config = json.loads((model / "config.json").read_text("utf-8"))
    rope = config.get("rope_parameters") or {"rope_theta": config.get("rope_theta", 10000.0)}
    if config["model_type"] != "llama" or rope.get("rope_type", "default") != "default":
        raise ValueError("only Llama models without rotary scaling are exported")
    tensors = [tensor for file in sorted(model.glob("*.safetensors")) for tensor in read_header(file)]
    partial = out.with_name(out.name + ".partial")
    writer = GGUFWriter(partial, "llama")
    _describe(writer, config, rope["rope_theta"])
    _add_vocabulary(writer, model, config)
    names = get_tensor_name_map(MODEL_ARCH.LLAMA, config["num_hidden_layers"])
    for tensor in tensors:
        dtype, kind = STORED[tensor.dtype]
        if len(tensor.shape) == 1:  # llama.cpp wants norms in float32
            dtype, kind = np.float32, GGMLQuantizationType.F32
        name = names.get_name(tensor.name, try_suffixes=(".weight",))
        size = int(np.prod(tensor.shape)) * np.dtype(dtype).itemsize
        writer.add_tensor_info(name, tensor.shape, np.dtype(dtype), size, kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    for tensor in tensors:
        writer.write_tensor_data(_weights(tensor, config))
    writer.close()
    partial.replace(out)


def _describe(writer: GGUFWriter, config: dict[str, Any], theta: float) -> None:
    heads = config["num_attention_heads"]
    head_dim = config.get("head_dim") or config["hidden_size"] // heads
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(heads)
    writer.add_head_count_kv(config.get("num_key_value_heads") or heads)
    writer.add_key_length(head_dim)
    writer.add_value_length(head_dim)
    writer.add_rope_dimension_count(head_dim)
    writer.add_rope_freq_base(theta)
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
    writer.add_vocab_size(config["vocab_size"])


def _add_vocabulary(writer: GGUFWriter, model: Path, config: dict[str, Any]) -> None:
    """The byte-pair vocabulary. Rows of the embedding beyond it get names that no text contains."""
    tokenizer = json.loads((model / "tokenizer.json").read_text("utf-8"))
    vocabulary, special = tokenizer["model"]["vocab"], {token["id"] for token in tokenizer["added_tokens"]}
    by_id = {token: text for text, token in vocabulary.items()}
    by_id |= {token["id"]: token["content"] for token in tokenizer["added_tokens"]}
    ids = range(config["vocab_size"])
    merges = tokenizer["model"]["merges"]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list([by_id.get(token, f"[unused {token}]") for token in ids])
    writer.add_token_types([_token_type(token, by_id, special) for token in ids])
    writer.add_token_merges([merge if isinstance(merge, str) else " ".join(merge) for merge in merges])
    writer.add_bos_token_id(config["bos_token_id"])
    ends = config["eos_token_id"]
    writer.add_eos_token_id(ends[0] if isinstance(ends, list) else ends)
    writer.add_add_bos_token(False)


def _token_type(token: int, by_id: dict[int, str], special: set[int]) -> TokenType:
    if token in special:
        return TokenType.CONTROL
    return TokenType.NORMAL if token in by_id else TokenType.UNUSED


def _weights(tensor: TensorSpec, config: dict[str, Any]) -> Array:
    """A tensor's weights as GGUF has them."""
    dtype, _ = STORED[tensor.dtype]
    weights: Array = np.memmap(tensor.file, dtype, "r", tensor.offset, tensor.shape)
    if len(tensor.shape) == 1:
        if tensor.dtype == "BF16":
            return (weights.astype(np.uint32) << 16).view(np.float32)
        return weights.astype(np.float32)
    heads = config["num_attention_heads"]
    if tensor.name.endswith("q_proj.weight"):
        return _interleave(weights, heads)
    if tensor.name.endswith("k_proj.weight"):
        return _interleave(weights, config.get("num_key_value_heads") or heads)
    return weights


def _interleave(weights: Array, heads: int) -> Array:
    """Rows of a projection in llama.cpp's order: it rotates neighbours, transformers rotates the halves of a head."""
    rows, columns = weights.shape
    halves = weights.reshape(heads, 2, rows // heads // 2, columns)
    return np.ascontiguousarray(halves.swapaxes(1, 2)).reshape(rows, columns)
