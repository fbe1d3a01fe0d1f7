"""Sorts the tensors of a checkpoint into embedding, layers, experts and head, and checks what each must be."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from core.errors import UnusableModel
from core.models.formats.format import Format, Stored, by
from core.models.layouts import Shapes
from core.models.spec import FLOATS, PackedWeight, TensorGroup, TensorSpec

EMBEDDING = "model.embed_tokens."
NORM = "model.norm.weight"
HEAD_MODULE = "lm_head."
HEAD = f"{HEAD_MODULE}weight"
EXPERTS = "mlp.experts."
MATRIX = "_proj.weight"
"""How the names of the matrices of attention, of the feed-forward part and of experts end in every family."""

_LAYER = re.compile(r"model\.layers\.(0|[1-9]\d{0,4})\.(.+)")
_EXPERT = re.compile(r"(0|[1-9]\d{0,4})\.(.+)")

AGAIN = "Download the model again."
OTHER_MODEL = "Choose another model."


@dataclass(frozen=True, slots=True)
class LayerLayout:
    """What a layer must hold.

    Attributes:
        own: Its tensors, besides those of experts.
        experts: How many experts it has.
        expert: The tensors of each.
        fused: Whether the files hold each tensor for all experts together.
    """

    own: Shapes
    experts: int
    expert: Shapes
    fused: bool


@dataclass(frozen=True, slots=True)
class Sorted:
    """The tensors of a checkpoint, each named relative to its group; layers still with their experts."""

    embedding: TensorGroup
    layers: tuple[TensorGroup, ...]
    head: TensorGroup


def sort(tensors: Mapping[str, TensorSpec], layer_count: int, family: str) -> Sorted:
    """Raises UnusableModel for a tensor that belongs nowhere, and if there are not as many layers."""
    by_layer: dict[int, list[TensorSpec]] = defaultdict(list)
    embedding: list[TensorSpec] = []
    head: list[TensorSpec] = []
    for full_name, tensor in tensors.items():
        if match := _LAYER.fullmatch(full_name):
            by_layer[int(match[1])].append(replace(tensor, name=match[2]))
        elif full_name.startswith(EMBEDDING):
            embedding.append(replace(tensor, name=full_name.removeprefix(EMBEDDING)))
        elif full_name == NORM or full_name.startswith(HEAD_MODULE):
            head.append(replace(tensor, name=full_name))
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
    return Sorted(_group(EMBEDDING, embedding), layers, _group("", head))


def split_layer(
    layer: TensorGroup, layout: LayerLayout, packed_as: Format | None
) -> tuple[TensorGroup, tuple[TensorGroup, ...]]:
    """A layer without its experts, and its experts, once they are what the layout says.

    An expert's part of a fused tensor has the tensor's shape without the first dimension.
    """
    own, others = [], []
    for tensor in layer.tensors:
        if layout.experts and tensor.name.startswith(EXPERTS):
            others.append(replace(tensor, name=tensor.name.removeprefix(EXPERTS)))
        else:
            own.append(tensor)
    experts: tuple[TensorGroup, ...] = ()
    if layout.experts:
        split = _sliced if layout.fused else _separate
        experts = split(_group(layer.prefix + EXPERTS, others), layout, packed_as)
    return fitted(_group(layer.prefix, own), layout.own, packed_as), experts


def _sliced(fused: TensorGroup, layout: LayerLayout, packed_as: Format | None) -> tuple[TensorGroup, ...]:
    whole = fitted(fused, {name: (layout.experts, *shape) for name, shape in layout.expert.items()}, packed_as)
    packed = tuple(replace(weight, shape=weight.shape[1:]) for weight in whole.packed)
    return tuple(
        _group(
            whole.prefix,
            [replace(tensor.rows(index, index + 1), shape=tensor.shape[1:]) for tensor in whole.tensors],
            packed,
        )
        for index in range(layout.experts)
    )


def _separate(tensors: TensorGroup, layout: LayerLayout, packed_as: Format | None) -> tuple[TensorGroup, ...]:
    by_expert: dict[int, list[TensorSpec]] = defaultdict(list)
    for tensor in tensors.tensors:
        match = _EXPERT.fullmatch(tensor.name)
        if match is None:
            raise UnusableModel(
                f"Unknown architecture: the weights hold {tensors.prefix}{tensor.name}, which is of no one expert.",
                OTHER_MODEL,
            )
        by_expert[int(match[1])].append(replace(tensor, name=match[2]))
    if by_expert.keys() != set(range(len(by_expert))) or len(by_expert) != layout.experts:
        raise UnusableModel(
            f"config.json says {layout.experts} experts, but the weights hold {len(by_expert)} of them "
            f"in {tensors.prefix.removesuffix('.')}.",
            AGAIN,
        )
    return tuple(
        fitted(_group(f"{tensors.prefix}{index}.", by_expert[index]), layout.expert, packed_as)
        for index in range(layout.experts)
    )


def _group(prefix: str, tensors: Sequence[TensorSpec], packed: tuple[PackedWeight, ...] = ()) -> TensorGroup:
    """In the order of the files, so that a reader finds neighbours beside each other."""
    placed = sorted(tensors, key=lambda tensor: (tensor.file, tensor.offset, tensor.name))
    return TensorGroup(prefix, tuple(placed), packed)


def fitted(group: TensorGroup, expected: Mapping[str, tuple[int, ...]], packed_as: Format | None) -> TensorGroup:
    """The group with its packed weights, without what no weight is computed from.

    Args:
        expected: The shapes of its weights, by name.

    Raises:
        UnusableModel: It does not hold exactly these weights.
    """
    packed = tuple(_packed(group, expected, packed_as))
    parts = {part for weight in packed for part in weight.parts.values()}
    kept = [tensor for tensor in group.tensors if tensor.name in parts or not _ignored(tensor, expected, packed_as)]
    made = TensorGroup(group.prefix, tuple(kept), packed)
    _check_weights(made, expected)
    return made


def _packed(
    group: TensorGroup, expected: Mapping[str, tuple[int, ...]], packed_as: Format | None
) -> Iterator[PackedWeight]:
    stored = Stored(group)
    for name, shape in expected.items():
        tensor = stored.get(name)
        if tensor is not None and tensor.packing is not None:
            yield PackedWeight(name, tensor.packing.shape(tensor.shape), {"blocks": name}, tensor.packing)
        elif packed_as is not None and (weight := packed_as.weight(name, shape, stored)) is not None:
            yield weight


def _ignored(tensor: TensorSpec, expected: Mapping[str, tuple[int, ...]], packed_as: Format | None) -> bool:
    """Whether no weight is computed from a tensor."""
    return packed_as is not None and tensor.name not in expected and tensor.name.endswith(packed_as.ignored)


def _check_weights(group: TensorGroup, expected: Mapping[str, tuple[int, ...]]) -> None:
    """Raises UnusableModel if the group does not hold exactly the expected weights."""
    found = group.weights
    missing = [group.prefix + name for name in expected if name not in found]
    if missing:
        raise UnusableModel(f"The weights lack {listed(missing)}.", AGAIN)
    unknown = [group.prefix + name for name in found if name not in expected]
    if unknown:
        raise UnusableModel(
            f"Unknown architecture: the weights hold {listed(unknown)}, which config.json does not account for.",
            OTHER_MODEL,
        )
    for name, shape in expected.items():
        if found[name] != shape:
            raise UnusableModel(
                f"{group.prefix}{name} is {by(found[name])} in the weights, but {by(shape)} by config.json.", AGAIN
            )
    for tensor in group.plain:
        if tensor.dtype not in FLOATS:
            raise UnusableModel(
                f"{group.prefix}{tensor.name} is quantised ({tensor.dtype}), but config.json does not say how.",
                "Choose another version of the model.",
            )


def listed(names: Sequence[str]) -> str:
    """The first few of some names, and how many there are besides."""
    shown = ", ".join(names[:3])
    return f"{shown} and {len(names) - 3} more" if len(names) > 3 else shown
