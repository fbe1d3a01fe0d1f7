"""What a GGUF file holds, in the terms of config.json and of transformers' names of tensors.

llama.cpp has names of its own, turns the rows of some projections, adds 1 to the norms of some families, and keeps some
settings in tensors; all that is undone here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from glob import escape
from pathlib import Path
from typing import Any

from core.errors import UnusableModel
from core.models.formats.ggml import PLAIN, GgmlBlocks
from core.models.gguf.architectures import AGAIN, OTHER_VERSION, Architecture, Settings, architecture_of, config_of
from core.models.gguf.header import GgufHeader, GgufTensor, read_gguf
from core.models.spec import TensorSpec

SUFFIX = ".gguf"
_SHARD = re.compile(r"(.+)-(\d{5})-of-(\d{5})\.gguf")
_NAME = re.compile(r"blk\.(0|[1-9]\d{0,4})\.(.+)")

MOST_EXPERTS = 4096

_ENDS = {
    "token_embd.weight": "model.embed_tokens.weight",
    "output_norm.weight": "model.norm.weight",
    "output.weight": "lm_head.weight",
}

_MODULES = {
    "attn_norm": "input_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_qkv": "self_attn.qkv_proj",
    "attn_output": "self_attn.o_proj",
    "attn_q_norm": "self_attn.q_norm",
    "attn_k_norm": "self_attn.k_norm",
    "ffn_norm": "post_attention_layernorm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
    "ffn_gate_inp": "mlp.gate",
    "post_attention_norm": "post_attention_layernorm",
    "post_ffw_norm": "post_feedforward_layernorm",
}
"""Modules of a layer by llama.cpp's names."""

_WHOLE = {"attn_sinks.weight": "self_attn.sinks"}
"""Tensors of a layer that are no module's weight."""

_EXPERTS = {"ffn_gate_exps": "gate_proj", "ffn_up_exps": "up_proj", "ffn_down_exps": "down_proj"}
_FUSED = {
    "ffn_gate_exps.weight": "gate_up_proj.0",
    "ffn_up_exps.weight": "gate_up_proj.1",
    "ffn_down_exps.weight": "down_proj.0",
    "ffn_gate_exps.bias": "gate_up_proj_bias.0",
    "ffn_up_exps.bias": "gate_up_proj_bias.1",
    "ffn_down_exps.bias": "down_proj_bias.0",
}
"""The same for all experts together, as parts of what `FusedExperts` makes of them."""


def find_gguf(path: Path) -> Path | None:
    """The file, or the first of the files, of the GGUF model at a path: that file, or a folder with nothing else.

    None if there is none. Raises UnusableModel if a folder holds several models.
    """
    if path.suffix == SUFFIX and path.is_file():
        return _first(path)
    if not path.is_dir() or holds_safetensors(path):
        return None
    models = gguf_models(path)
    if len(models) > 1:
        names = ", ".join(plain_stem(file) for file in models[:3])
        raise UnusableModel(f"{path} holds {len(models)} GGUF models: {names}.", "Choose one of the files.")
    return models[0] if models else None


def gguf_models(folder: Path) -> list[Path]:
    """The file, or the first of the files, of each GGUF model in a folder, by name. Raises OSError."""
    # What sees images is a model of its own beside the one that writes.
    return sorted({_first(file) for file in folder.glob(f"*{SUFFIX}") if not file.name.startswith("mmproj")})


def files_of(first: Path) -> list[Path]:
    """All files that are here of the model whose first file this is."""
    shard = _SHARD.fullmatch(first.name)
    return sorted(first.parent.glob(f"{escape(shard[1])}-*-of-{shard[3]}{SUFFIX}")) if shard else [first]


def plain_stem(file: Path) -> str:
    """A file's name without what says that it is a GGUF file, and which part of one."""
    shard = _SHARD.fullmatch(file.name)
    return shard[1] if shard else file.stem


def holds_safetensors(folder: Path) -> bool:
    """Whether a folder holds a model in the usual form, whatever GGUF files lie beside it."""
    return (folder / "config.json").exists() and (
        any(folder.glob("*.safetensors*")) or not any(folder.glob(f"*{SUFFIX}"))
    )


def _first(file: Path) -> Path:
    shard = _SHARD.fullmatch(file.name)
    return file.with_name(f"{shard[1]}-00001-of-{shard[3]}{SUFFIX}") if shard else file


def read_model(first: Path) -> tuple[dict[str, Any], dict[str, TensorSpec]]:
    """What config.json would say, and the tensors by transformers' names.

    Args:
        first: The file, or the first of several.

    Raises:
        UnusableModel; OSError.
    """
    headers = _headers(first)
    entries = headers[0].entries
    tensors: dict[str, GgufTensor] = {}
    for header in headers:
        for tensor in header.tensors:
            if tensor.name in tensors:
                raise UnusableModel(f"{tensor.file} holds {tensor.name}, which another file holds too.", AGAIN)
            tensors[tensor.name] = tensor
    architecture = architecture_of(first, entries)
    config = config_of(architecture, Settings(first, entries, tensors), entries, tensors)
    named: dict[str, TensorSpec] = {}
    for tensor in tensors.values():
        for spec in _specs(tensor, architecture, config):
            if spec.name in named:
                raise UnusableModel(f"{first} holds {spec.name} twice, under different names.", AGAIN)
            named[spec.name] = spec
    return config, named


def format_name(tensors: Mapping[str, TensorSpec]) -> str:
    """What most bytes are in: "GGUF Q4_K"."""
    sizes: dict[str, int] = {}
    for tensor in tensors.values():
        kind = tensor.packing.type if isinstance(tensor.packing, GgmlBlocks) else tensor.dtype
        sizes[kind] = sizes.get(kind, 0) + tensor.bytes
    return f"GGUF {max(sizes, key=lambda kind: sizes[kind])}" if sizes else "GGUF"


def _headers(first: Path) -> list[GgufHeader]:
    """Those of all files of a model."""
    shard = _SHARD.fullmatch(first.name)
    header = read_gguf(first)
    parts = header.entries.get("split.count", 0)
    if not parts:
        return [header]
    if shard is None or parts != int(shard[3]):
        raise UnusableModel(f"{first} is one of {parts} files, but its name does not say which.", AGAIN)
    files = [first.with_name(f"{shard[1]}-{number + 1:05}-of-{shard[3]}.gguf") for number in range(parts)]
    missing = [file.name for file in files if not file.exists()]
    if missing:
        raise UnusableModel(
            f"{len(missing)} of the model's {parts} files are missing: {', '.join(missing[:3])}.",
            f"Download them into {first.parent}.",
        )
    return [read_gguf(file) for file in files]


_SETTINGS = re.compile(r"rope_freqs\.weight|rope_factors_(long|short)\.weight|blk\.\d+\.rope_freqs\.weight")
"""Tensors that are settings."""


def _specs(tensor: GgufTensor, architecture: Architecture, config: Mapping[str, Any]) -> Iterator[TensorSpec]:
    """A tensor under transformers' name; one for each expert that it holds."""
    if _SETTINGS.fullmatch(tensor.name):
        return
    if tensor.name in _ENDS:
        added = architecture.added if tensor.name == "output_norm.weight" else 0
        yield _spec(tensor, _ENDS[tensor.name], added=added)
        return
    match = _NAME.fullmatch(tensor.name)
    module, _, kind = match[2].rpartition(".") if match else ("", "", "")
    modules = {**_MODULES, **architecture.modules}
    prefix = f"model.layers.{match[1]}." if match else ""
    if match and match[2] in _WHOLE:
        yield _spec(tensor, f"{prefix}{_WHOLE[match[2]]}")
    elif match and architecture.fused and match[2] in _FUSED:
        yield _blocks(tensor, f"{prefix}mlp.experts.{_FUSED[match[2]]}", GgmlBlocks(tensor.type.name))
    elif module in _EXPERTS and kind == "weight" and len(tensor.shape) == 3:
        experts = config.get("num_experts") or config.get("num_local_experts")
        if tensor.shape[0] != experts or experts > MOST_EXPERTS:
            raise UnusableModel(
                f"{tensor.file} holds {tensor.shape[0]} experts in {tensor.name}, not {experts}.", AGAIN
            )
        size = tensor.bytes // tensor.shape[0]
        for expert in range(tensor.shape[0]):
            part = GgufTensor(
                tensor.name, tensor.file, tensor.offset + expert * size, size, tensor.type, tensor.shape[1:]
            )
            yield _spec(part, f"{prefix}mlp.experts.{expert}.{_EXPERTS[module]}.weight")
    elif module in modules and kind in ("weight", "bias"):
        heads = {"attn_q": config["num_attention_heads"], "attn_k": config["num_key_value_heads"]}
        turned = heads.get(module, 0) if architecture.turned else 0
        if turned and tensor.shape[0] % (2 * turned):
            raise UnusableModel(
                f"{tensor.file} holds {tensor.shape[0]} rows in {tensor.name} for {turned} heads.", AGAIN
            )
        added = architecture.added if module.endswith("norm") else 0
        yield _spec(tensor, f"{prefix}{modules[module]}.{kind}", turned, added)
    else:
        raise UnusableModel(
            f"{tensor.file} holds {tensor.name}, which no {architecture.model_type} model has.", OTHER_VERSION
        )


def _spec(tensor: GgufTensor, name: str, heads: int = 0, added: int = 0) -> TensorSpec:
    """A tensor of plain numbers as it is, or else as rows of bytes."""
    if tensor.type.name in PLAIN and not heads and not added:
        return TensorSpec(name, tensor.file, tensor.offset, tensor.bytes, tensor.type.name, tensor.shape)
    return _blocks(tensor, name, GgmlBlocks(tensor.type.name, heads, added))


def _blocks(tensor: GgufTensor, name: str, packing: GgmlBlocks) -> TensorSpec:
    row = tensor.shape[-1] // tensor.type.elements * tensor.type.bytes
    return TensorSpec(name, tensor.file, tensor.offset, tensor.bytes, "U8", (*tensor.shape[:-1], row), packing)
