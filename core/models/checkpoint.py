"""Reads what a model folder holds from its config.json and the headers of its weights, and refuses what cannot work.

No weights are read, nothing from the folder is executed, and every size in config.json is checked against the files, so
that a `ModelSpec` can be believed.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from core.errors import UnusableModel
from core.models.layouts import FAMILIES, Dimensions, Family
from core.models.safetensors_header import read_header
from core.models.spec import ModelSpec, TensorGroup, TensorSpec

SINGLE_FILE = "model.safetensors"
SHARD_INDEX = "model.safetensors.index.json"
PICKLES = ("*.bin", "*.pt", "*.pth", "*.ckpt", "*.pkl")
FLOATS = {"F64", "F32", "F16", "BF16"}

EMBEDDING = "model.embed_tokens."
NORM = "model.norm.weight"
HEAD = "lm_head.weight"
LAYER = re.compile(r"model\.layers\.(0|[1-9]\d{0,4})\.(.+)")
RECOMPUTED = "rotary_emb.inv_freq"
"""Old Llama checkpoints store this table, which every engine computes itself."""

AGAIN = "Download the model again."
OTHER_MODEL = "Choose another model."


def open_checkpoint(folder: Path) -> ModelSpec:
    """What the model in a folder is. A group's `prefix` + a tensor's name is the tensor's name in the file.

    Raises:
        UnusableModel: The folder is incomplete, corrupt, of an unknown kind, or in a format that is refused.
    """
    try:
        return _spec(folder)
    except OSError as error:
        raise UnusableModel(
            f"{error.filename or folder} cannot be read: {error.strerror}.", "Check that you may read it."
        ) from error


def model_name(folder: Path) -> str:
    """The folder's name or, in the Hugging Face cache (models--owner--name/snapshots/revision), the repository's."""
    folder = folder.absolute()
    repository = folder.parent.parent.name
    if folder.parent.name == "snapshots" and repository.startswith("models--"):
        return repository.split("--")[-1]
    return folder.name


def _spec(folder: Path) -> ModelSpec:
    config = _read_config(folder)
    family_name, family = _family(config)
    tensors = _read_tensors(folder)
    _refuse_quantised(config, tensors)

    settings = {**family.defaults, **config}
    d = _dimensions(settings, family)
    vocabulary = _count(settings, "vocab_size")
    embedding, layers, head = _grouped(tensors, _count(settings, "num_hidden_layers"), family_name)
    window, positions = _window(settings, family), _count(settings, "max_position_embeddings")
    expected_layer = family.layer(d)
    for layer in layers:
        _check_shapes(layer, expected_layer)
    _check_shapes(embedding, {"weight": (vocabulary, d.hidden)})
    tied = all(tensor.name != HEAD for tensor in head.tensors)
    if tied and config.get("tie_word_embeddings") is False:
        raise UnusableModel(f"The weights lack {HEAD}, the output head that config.json promises.", AGAIN)
    _check_shapes(head, {NORM: (d.hidden,)} | ({} if tied else {HEAD: (vocabulary, d.hidden)}))

    return ModelSpec(
        folder=folder,
        name=model_name(folder),
        family=family_name,
        config=config,
        layers=layers,
        embedding=embedding,
        head=head,
        tied_embeddings=tied,
        hidden_size=d.hidden,
        intermediate_size=d.intermediate,
        heads=d.heads,
        kv_heads=d.kv_heads,
        head_dim=d.head_dim,
        vocabulary=vocabulary,
        experts=0,
        experts_per_token=0,
        context_limit=positions if window is None else min(positions, window),
        sliding_window=window,
        dtype=_main_dtype(tensors.values()),
        quantisation=None,
    )


def _read_config(folder: Path) -> dict[str, Any]:
    if not folder.is_dir():
        raise UnusableModel(f"There is no folder {folder}.", "Check its name, or download the model again.")
    if not (folder / "config.json").exists():
        if (folder / "adapter_config.json").exists():
            raise UnusableModel(
                f"{folder} holds a LoRA adapter, not a whole model.", "Merge it into its base model first."
            )
        if any(folder.glob("*.gguf")):
            raise UnusableModel(
                f"{folder} holds GGUF files, which Penjing does not read yet.",
                "Choose the model's safetensors version.",
            )
        raise UnusableModel(
            f"{folder} holds no config.json, so it is not a model folder.",
            "Choose the folder that holds the model's config.json and safetensors files.",
        )
    config = _read_json(folder / "config.json")
    if not isinstance(config.get("model_type"), str):
        raise UnusableModel(f"config.json in {folder} does not say which model it is (model_type).", AGAIN)
    return config


def _read_json(file: Path) -> dict[str, Any]:
    """The JSON object in a file of the model folder."""
    try:
        content = json.loads(file.read_bytes())
    except (ValueError, RecursionError) as error:
        raise UnusableModel(f"{file.name} in {file.parent} is not valid JSON.", AGAIN) from error
    if not isinstance(content, dict):
        raise UnusableModel(f"{file.name} in {file.parent} is not a JSON object.", AGAIN)
    return content


def _family(config: Mapping[str, Any]) -> tuple[str, Family]:
    name = config["model_type"]
    if name not in FAMILIES:
        if "auto_map" in config:
            raise UnusableModel(
                f"This {name} model brings its own program code, and Penjing never runs code from a model folder.",
                f"Choose a model of a supported family: {', '.join(FAMILIES)}.",
            )
        raise UnusableModel(
            f"Unknown architecture: models of the family {name} are not supported yet.",
            f"Choose a model of a supported family: {', '.join(FAMILIES)}.",
        )
    classes = config.get("architectures") or []
    if isinstance(classes, list) and classes and not str(classes[0]).endswith("ForCausalLM"):
        raise UnusableModel(f"This is a {classes[0]}, which cannot write text.", OTHER_MODEL)
    return name, FAMILIES[name]


def _refuse_quantised(config: Mapping[str, Any], tensors: Mapping[str, TensorSpec]) -> None:
    quantisation = config.get("quantization_config")
    method = quantisation.get("quant_method", "an unnamed method") if isinstance(quantisation, dict) else None
    if quantisation is None:
        method = next((tensor.dtype for tensor in tensors.values() if tensor.dtype not in FLOATS), None)
    if quantisation is not None or method is not None:
        raise UnusableModel(
            f"The weights are quantised ({method}), which this version of Penjing cannot load yet.",
            "Choose the model's bfloat16 version.",
        )


def _read_tensors(folder: Path) -> dict[str, TensorSpec]:
    """Every tensor of the checkpoint by its full name."""
    if (folder / SINGLE_FILE).exists():
        found = {tensor.name: tensor for tensor in read_header(folder / SINGLE_FILE)}
    elif (folder / SHARD_INDEX).exists():
        found = _read_shards(folder)
    else:
        raise _no_weights(folder)
    return {name: tensor for name, tensor in found.items() if not name.endswith(RECOMPUTED)}


def _read_shards(folder: Path) -> dict[str, TensorSpec]:
    places = _read_json(folder / SHARD_INDEX).get("weight_map")
    if not isinstance(places, dict) or not places or not all(isinstance(shard, str) for shard in places.values()):
        raise UnusableModel(f"{SHARD_INDEX} does not say which file holds which tensor.", AGAIN)
    shards = sorted(set(places.values()))
    for shard in shards:
        if Path(shard).name != shard or not shard.endswith(".safetensors"):
            raise UnusableModel(f"{SHARD_INDEX} names {shard!r}, which is no safetensors file beside it.", AGAIN)
    missing = [shard for shard in shards if not (folder / shard).exists()]
    if missing:
        raise UnusableModel(
            f"{len(missing)} of the model's {len(shards)} files of weights are missing: {_listed(missing)}.",
            "Download them into the folder.",
        )
    held = {shard: {tensor.name: tensor for tensor in read_header(folder / shard)} for shard in shards}
    for name, shard in places.items():
        if name not in held[shard]:
            raise UnusableModel(f"{shard} lacks {name}, which {SHARD_INDEX} says it holds.", AGAIN)
    return {name: held[shard][name] for name, shard in places.items()}


def _no_weights(folder: Path) -> UnusableModel:
    pickles = sorted(file.name for pattern in PICKLES for file in folder.glob(pattern))
    if pickles:
        return UnusableModel(
            f"The weights are pickle files ({_listed(pickles)}), which can run any program code when they are opened; "
            "Penjing never opens them.",
            "Choose the model's safetensors version, or convert it to safetensors on a computer that may be lost.",
        )
    return UnusableModel(f"{folder} holds neither {SINGLE_FILE} nor {SHARD_INDEX}.", "Download the model's weights.")


def _dimensions(settings: Mapping[str, Any], family: Family) -> Dimensions:
    hidden, heads = _count(settings, "hidden_size"), _count(settings, "num_attention_heads")
    kv_heads = heads if settings.get("num_key_value_heads") is None else _count(settings, "num_key_value_heads")
    if settings.get("head_dim") is not None:
        head_dim = _count(settings, "head_dim")
    elif hidden % heads:
        raise _inconsistent(f"a hidden size of {hidden} cannot be shared by {heads} heads")
    else:
        head_dim = hidden // heads
    if heads % kv_heads:
        raise _inconsistent(f"{heads} heads cannot share {kv_heads} key-value heads")
    return Dimensions(
        hidden=hidden,
        intermediate=_count(settings, "intermediate_size"),
        heads=heads,
        kv_heads=kv_heads,
        head_dim=head_dim,
        attention_bias="attention_bias" in family.biases and settings.get("attention_bias") is True,
        mlp_bias="mlp_bias" in family.biases and settings.get("mlp_bias") is True,
    )


def _count(settings: Mapping[str, Any], key: str) -> int:
    value = settings.get(key)
    if type(value) is not int or value <= 0:
        stands = "is missing" if value is None else f"is {value!r}"
        raise _inconsistent(f"{key} {stands} where a whole number above 0 is needed")
    return value


def _inconsistent(why: str) -> UnusableModel:
    return UnusableModel(f"config.json makes no sense: {why}.", AGAIN)


def _window(settings: Mapping[str, Any], family: Family) -> int | None:
    asked = family.window == "always" or (family.window == "if asked" and settings.get("use_sliding_window") is True)
    return _count(settings, "sliding_window") if asked and settings.get("sliding_window") is not None else None


def _grouped(
    tensors: Mapping[str, TensorSpec], layer_count: int, family: str
) -> tuple[TensorGroup, tuple[TensorGroup, ...], TensorGroup]:
    """Embedding, layers and head; each tensor named relative to its group."""
    by_layer: dict[int, list[TensorSpec]] = defaultdict(list)
    embedding: list[TensorSpec] = []
    head: list[TensorSpec] = []
    for full_name, tensor in tensors.items():
        if match := LAYER.fullmatch(full_name):
            by_layer[int(match[1])].append(_renamed(tensor, match[2]))
        elif full_name.startswith(EMBEDDING):
            embedding.append(_renamed(tensor, full_name.removeprefix(EMBEDDING)))
        elif full_name in (NORM, HEAD):
            head.append(tensor)
        else:
            raise UnusableModel(
                f"Unknown architecture: the weights hold {full_name}, which no {family} model has.", OTHER_MODEL
            )
    if len(by_layer) != layer_count:
        raise UnusableModel(f"config.json says {layer_count} layers, but the weights hold {len(by_layer)}.", AGAIN)
    gap = next((index for index in range(layer_count) if index not in by_layer), None)
    if gap is not None:
        raise UnusableModel(f"The weights of layer {gap} are missing.", AGAIN)
    layers = tuple(_group(f"model.layers.{index}.", by_layer[index]) for index in range(layer_count))
    return _group(EMBEDDING, embedding), layers, _group("", head)


def _renamed(tensor: TensorSpec, name: str) -> TensorSpec:
    return TensorSpec(name, tensor.file, tensor.offset, tensor.bytes, tensor.dtype, tensor.shape)


def _group(prefix: str, tensors: list[TensorSpec]) -> TensorGroup:
    """In the order of the files, so that a reader finds neighbours beside each other."""
    return TensorGroup(prefix, tuple(sorted(tensors, key=lambda tensor: (tensor.file, tensor.offset, tensor.name))))


def _check_shapes(group: TensorGroup, expected: Mapping[str, tuple[int, ...]]) -> None:
    """The group holds exactly the expected tensors."""
    found = {tensor.name: tensor.shape for tensor in group.tensors}
    missing = [group.prefix + name for name in expected if name not in found]
    if missing:
        raise UnusableModel(f"The weights lack {_listed(missing)}.", AGAIN)
    unknown = [group.prefix + name for name in found if name not in expected]
    if unknown:
        raise UnusableModel(
            f"Unknown architecture: the weights hold {_listed(unknown)}, which config.json does not account for.",
            OTHER_MODEL,
        )
    for name, shape in expected.items():
        if found[name] != shape:
            raise UnusableModel(
                f"{group.prefix}{name} is {_by(found[name])} in the weights, but {_by(shape)} by config.json.", AGAIN
            )


def _by(shape: tuple[int, ...]) -> str:
    return " x ".join(str(size) for size in shape) or "a single number"


def _listed(names: list[str]) -> str:
    shown = ", ".join(names[:3])
    return f"{shown} and {len(names) - 3} more" if len(names) > 3 else shown


def _main_dtype(tensors: Iterable[TensorSpec]) -> str:
    """The dtype that most bytes are in."""
    sizes: Counter[str] = Counter()
    for tensor in tensors:
        sizes[tensor.dtype] += tensor.bytes
    return sizes.most_common(1)[0][0]
