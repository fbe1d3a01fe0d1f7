"""Reads what a model folder holds from its config.json and the headers of its weights, and refuses what cannot work.

No weights are read, nothing from the folder is executed, and every size in config.json is checked against the files, so
that a `ModelSpec` can be believed.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from core.errors import UnusableModel
from core.models.bounded_json import INDEX, SETTINGS, read_object
from core.models.formats.format import Format
from core.models.formats.ggml import FusedExperts
from core.models.formats.registry import recognise
from core.models.gguf.model import SUFFIX, find_gguf, format_name, plain_stem, read_model
from core.models.grouping import (
    AGAIN,
    HEAD,
    HEAD_MODULE,
    NORM,
    OTHER_MODEL,
    LayerLayout,
    fitted,
    listed,
    sort,
    split_layer,
)
from core.models.layouts import FAMILIES, Dimensions, Family, Shapes
from core.models.safetensors_header import read_header
from core.models.spec import FLOATS, ModelSpec, TensorGroup, TensorSpec

SINGLE_FILE = "model.safetensors"
SHARD_INDEX = "model.safetensors.index.json"
PICKLES = ("*.bin", "*.pt", "*.pth", "*.ckpt", "*.pkl")

LAYER_KINDS = ("full_attention", "sliding_attention")

EXPERT_COUNTS = ("num_local_experts", "num_experts")
"""Entries of config.json for how many experts a layer has: families and versions call it one or the other."""

OF_THE_WHOLE = ("bos_token_id", "eos_token_id", "tie_word_embeddings", "quantization_config")
"""Entries of config.json that hold for the part that writes text too, whatever its own description says."""

RECOMPUTED = "rotary_emb.inv_freq"
"""Old Llama checkpoints store this table, which every engine computes itself."""


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
    if folder.suffix == SUFFIX:
        return plain_stem(folder)
    repository = folder.parent.parent.name
    if folder.parent.name == "snapshots" and repository.startswith("models--"):
        return repository.split("--")[-1]
    return folder.name


def _spec(folder: Path) -> ModelSpec:
    gguf = find_gguf(folder)
    described, stored = read_model(gguf) if gguf else (_read_config(folder), None)
    name, family = _family(described)
    config = _text_config(described, family)
    tensors = _respelt(stored or read_tensors(folder), family)
    packed_as = FusedExperts() if gguf and family.mixture and family.mixture.fused else recognise(config)

    settings = {**family.defaults, **config}
    _refuse_unwritable(settings)
    d = _dimensions(settings, family)
    vocabulary, layer_count = _count(settings, "vocab_size"), _count(settings, "num_hidden_layers")
    per_token = _count(settings, "num_experts_per_tok") if d.experts else 0
    if per_token > d.experts:
        raise _inconsistent(f"each token takes {per_token} of {d.experts} experts")

    found = sort(tensors, layer_count, name)
    split = [
        split_layer(layer, _layout(index, settings, d, family), packed_as) for index, layer in enumerate(found.layers)
    ]
    embedding = _end(found.embedding, {"weight": (vocabulary, d.hidden)}, packed_as)
    tied = not any(tensor.name.startswith(HEAD_MODULE) for tensor in found.head.tensors)
    if tied and config.get("tie_word_embeddings") is False:
        raise UnusableModel(f"The weights lack {HEAD}, the output head that config.json promises.", AGAIN)
    head = _end(found.head, {NORM: (d.hidden,)} | ({} if tied else {HEAD: (vocabulary, d.hidden)}), packed_as)

    return ModelSpec(
        folder=folder,
        name=model_name(folder),
        family=family.text_part or name,
        config=config,
        layers=tuple(layer for layer, _ in split),
        expert_groups=tuple(experts for _, experts in split),
        embedding=embedding,
        head=head,
        tied_embeddings=tied,
        hidden_size=d.hidden,
        intermediate_size=d.intermediate,
        heads=d.heads,
        kv_heads=d.kv_heads,
        head_dim=d.head_dim,
        vocabulary=vocabulary,
        experts=d.experts,
        experts_per_token=per_token,
        context_limit=_positions(settings),
        sliding_window=_window(settings, family),
        dtype=_main_dtype(tensors.values()),
        quantisation=_quantisation(tensors, split, packed_as, gguf is not None),
    )


def _read_config(folder: Path) -> dict[str, Any]:
    if not folder.is_dir():
        kind = "file" if folder.suffix == SUFFIX else "folder"
        raise UnusableModel(f"There is no {kind} {folder}.", "Check its name, or download the model again.")
    if not (folder / "config.json").exists():
        if (folder / "adapter_config.json").exists():
            raise UnusableModel(
                f"{folder} holds a LoRA adapter, not a whole model.", "Merge it into its base model first."
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
    return read_object(file, INDEX if file.name == SHARD_INDEX else SETTINGS)


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
    writers = ("ForCausalLM", "ForConditionalGeneration") if FAMILIES[name].text_part else ("ForCausalLM",)
    if isinstance(classes, list) and classes and not str(classes[0]).endswith(writers):
        raise UnusableModel(f"This is a {classes[0]}, which cannot write text.", OTHER_MODEL)
    return name, FAMILIES[name]


def _text_config(config: dict[str, Any], family: Family) -> dict[str, Any]:
    """What config.json says of the part that writes text."""
    if family.text_part is None:
        return config
    text = config.get("text_config")
    if not isinstance(text, dict) or text.get("model_type", family.text_part) != family.text_part:
        raise _inconsistent(f"text_config, the description of the {family.text_part} that writes, is missing")
    return text | {key: config[key] for key in OF_THE_WHOLE if config.get(key) is not None}


def _respelt(tensors: Mapping[str, TensorSpec], family: Family) -> dict[str, TensorSpec]:
    """Tensors that have a part in writing text, under the names that transformers' modules have for them."""
    respelt: dict[str, TensorSpec] = {}
    for stored, tensor in tensors.items():
        name = stored
        if name.startswith(family.ignored):
            continue
        for pattern, replacement in family.respelt:
            name = re.sub(pattern, replacement, name)
        if name in respelt:
            raise UnusableModel(f"The weights hold {name} twice, under different names.", AGAIN)
        respelt[name] = tensor
    return respelt


def _end(group: TensorGroup, expected: Shapes, packed_as: Format | None) -> TensorGroup:
    """Embedding or head, of which rows must be to be had."""
    made = fitted(group, expected, packed_as)
    for weight in made.packed:
        if not weight.packing.by_row:
            raise UnusableModel(
                f"{made.prefix}{weight.name} is quantised in a way from which no rows can be cut out.",
                "Choose a version of the model whose embedding and output head are not quantised.",
            )
    return made


def read_tensors(folder: Path) -> dict[str, TensorSpec]:
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
            f"{len(missing)} of the model's {len(shards)} files of weights are missing: {listed(missing)}.",
            f"Download them into {folder}.",
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
            f"The weights are pickle files ({listed(pickles)}), which can run any program code when they are opened; "
            "Penjing never opens them.",
            "Choose the model's safetensors version, or convert it to safetensors on a computer that may be lost.",
        )
    return UnusableModel(f"{folder} holds neither {SINGLE_FILE} nor {SHARD_INDEX}.", "Download the model's weights.")


def _refuse_unwritable(settings: Mapping[str, Any]) -> None:
    if settings.get("use_bidirectional_attention"):
        raise UnusableModel("This model reads texts in both directions, so it cannot write them.", OTHER_MODEL)
    kinds = settings.get("layer_types") or []
    if not isinstance(kinds, list) or any(kind not in LAYER_KINDS for kind in kinds):
        raise UnusableModel(
            "Unknown architecture: config.json names kinds of layers (layer_types) beside "
            f"{' and '.join(LAYER_KINDS)}.",
            OTHER_MODEL,
        )


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
    experts = next((key for key in EXPERT_COUNTS if key in settings), EXPERT_COUNTS[0])
    return Dimensions(
        hidden=hidden,
        intermediate=_count(settings, "intermediate_size"),
        heads=heads,
        kv_heads=kv_heads,
        head_dim=head_dim,
        attention_bias="attention_bias" in family.biases and settings.get("attention_bias") is True,
        mlp_bias="mlp_bias" in family.biases and settings.get("mlp_bias") is True,
        experts=_count(settings, experts) if family.mixture else 0,
        expert_width=_count(settings, family.mixture.width) if family.mixture else 0,
    )


def _layout(index: int, settings: Mapping[str, Any], d: Dimensions, family: Family) -> LayerLayout:
    """What the weights of a layer must be."""
    mixture = family.mixture
    if mixture is None or (mixture.some and _is_dense(index, settings)):
        return LayerLayout(family.layer(d), 0, {}, False)
    return LayerLayout(mixture.layer(d), d.experts, mixture.expert(d), mixture.fused)


def _is_dense(index: int, settings: Mapping[str, Any]) -> bool:
    """Whether a layer has no experts in a family that leaves some without."""
    dense = settings.get("mlp_only_layers") or []
    if not isinstance(dense, list):
        raise _inconsistent("mlp_only_layers is no list")
    every = 1 if settings.get("decoder_sparse_step") is None else _count(settings, "decoder_sparse_step")
    return index in dense or (index + 1) % every != 0


def _count(settings: Mapping[str, Any], key: str) -> int:
    value = settings.get(key)
    if type(value) is not int or value <= 0:
        stands = "is missing" if value is None else f"is {value!r}"
        raise _inconsistent(f"{key} {stands} where a whole number above 0 is needed")
    return value


def _inconsistent(why: str) -> UnusableModel:
    return UnusableModel(f"config.json makes no sense: {why}.", AGAIN)


def _positions(settings: Mapping[str, Any]) -> int:
    """Positions that can be used.

    LongRoPE turns positions by other angles as soon as a text is longer than the model was first trained for, those of
    the tokens before included, so that all that is known of the text would have to be computed again.
    """
    positions = _count(settings, "max_position_embeddings")
    rotary = settings.get("rope_scaling") or settings.get("rope_parameters")
    if isinstance(rotary, dict) and "long_factor" in rotary:
        first = "original_max_position_embeddings"
        positions = min(positions, _count(settings if first in settings else rotary, first))
    return positions


def _window(settings: Mapping[str, Any], family: Family) -> int | None:
    asked = family.window == "always" or (family.window == "if asked" and settings.get("use_sliding_window") is True)
    return _count(settings, "sliding_window") if asked and settings.get("sliding_window") is not None else None


def _quantisation(
    tensors: Mapping[str, TensorSpec],
    split: Sequence[tuple[TensorGroup, tuple[TensorGroup, ...]]],
    packed_as: Format | None,
    gguf: bool,
) -> str | None:
    """What the weights are packed as, if any are: config.json may speak of parts that this model does not have."""
    if gguf:
        return format_name(tensors)
    is_packed = any(group.packed for layer, experts in split for group in (layer, *experts))
    return packed_as.name if packed_as is not None and is_packed else None


def _main_dtype(tensors: Iterable[TensorSpec]) -> str:
    """The dtype that most bytes of plain weights and scales are in."""
    sizes: Counter[str] = Counter()
    for tensor in tensors:
        if tensor.dtype in FLOATS:
            sizes[tensor.dtype] += tensor.bytes
    return sizes.most_common(1)[0][0] if sizes else "F32"
