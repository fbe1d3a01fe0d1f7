"""What a low-bit copy of a checkpoint will consist of: which tensors are rounded, in which groups, in which files."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from core.errors import BadRequest, UnusableModel
from core.models.checkpoint import open_checkpoint, read_tensors
from core.models.formats.format import SCALES
from core.models.grouping import MATRIX
from core.models.spec import DTYPE_BYTES, ModelSpec, TensorSpec

GROUP = 128
SMALLEST_GROUP = 16
SHARD = 1 << 30
"""Bytes of a file of weights, if nobody asks for another size."""

_WORD = 32


@dataclass(frozen=True, slots=True)
class Part:
    """A tensor of the copy.

    Attributes:
        kind: Of a rounded tensor its words, its scales or its shape; or a copy of the tensor as it is.
        source: The tensor it is made of.
        group: Columns that share a scale, where it is rounded.
    """

    name: str
    kind: Literal["words", "scales", "shape", "copy"]
    source: TensorSpec
    dtype: str
    shape: tuple[int, ...]
    group: int = 0

    @property
    def bytes(self) -> int:
        return math.prod(self.shape) * DTYPE_BYTES[self.dtype]


@dataclass(frozen=True)
class Recipe:
    """
    Attributes:
        bits: 4 or 8.
        groups: For the last part of modules' names ("q_proj") how many columns share a scale; 0 for whole rows.
        kept: The modules with a matrix that is not rounded.
        shards: The parts in each file of weights, in the order in which they lie there.
    """

    spec: ModelSpec
    bits: int
    groups: dict[str, int]
    kept: tuple[str, ...]
    shards: tuple[tuple[Part, ...], ...]

    @property
    def source_bytes(self) -> int:
        return sum(part.source.bytes for shard in self.shards for part in shard if part.kind in ("words", "copy"))

    @property
    def bytes(self) -> int:
        return sum(part.bytes for shard in self.shards for part in shard)

    def shard_name(self, index: int) -> str:
        return f"model-{index + 1:05}-of-{len(self.shards):05}.safetensors"

    def quantization_config(self) -> dict[str, Any]:
        """The entry of config.json, as compressed-tensors reads it."""
        leaves: dict[int, list[str]] = defaultdict(list)
        for leaf, group in self.groups.items():
            leaves[group].append(leaf)
        schemes = {}
        for index, (group, names) in enumerate(sorted(leaves.items(), reverse=True)):
            targets = ["Linear"] if len(leaves) == 1 else [rf"re:.*\.({'|'.join(sorted(names))})$"]
            weights = {
                "num_bits": self.bits,
                "type": "int",
                "symmetric": True,
                "strategy": "group" if group else "channel",
                "group_size": group or None,
                "dynamic": False,
            }
            schemes[f"group_{index}"] = {"targets": targets, "weights": weights, "input_activations": None}
        return {
            "quant_method": "compressed-tensors",
            "format": "pack-quantized",
            "quantization_status": "compressed",
            "config_groups": schemes,
            "ignore": list(self.kept),
            "kv_cache_scheme": None,
        }


def make_recipe(folder: Path, bits: int, group: int = GROUP, shard: int = SHARD) -> Recipe:
    """
    Args:
        bits: 4 or 8.
        group: Columns that share a scale; halved where the columns of a matrix are no multiple of it.
        shard: Most bytes of a file, unless a single layer takes more.

    Raises:
        UnusableModel: The folder holds no model, or one that is quantised already or cannot be.
        BadRequest: There are no such groups.
    """
    if group < SMALLEST_GROUP or group % 8:
        what = f"Groups of {group} weights cannot be made."
        raise BadRequest(what, f"Write a multiple of 8 from {SMALLEST_GROUP} up, such as 128 or 64.")
    spec = open_checkpoint(folder)
    if spec.quantisation is not None or spec.config.get("quantization_config"):
        raise UnusableModel(
            f"{spec.name} is quantised already ({spec.quantisation or 'so says its config.json'}).",
            "Choose its version in bfloat16, float16 or float32.",
        )
    units = list(_units(spec))
    rounded = {place for _, chosen in units for place in chosen}
    stored = {_place(tensor): tensor for tensor in read_tensors(folder).values()}
    if not all(place in stored for unit, _ in units for place in unit):
        raise UnusableModel(
            f"{spec.name} keeps its experts in tensors of all together, which compressed-tensors cannot hold.",
            "Choose another model.",
        )
    groups = common_groups([stored[place] for place in rounded], group)
    placed = [[stored[place] for place in unit] for unit, _ in units]
    rest = stored.keys() - {place for unit, _ in units for place in unit}
    placed.append([stored[place] for place in sorted(rest)])
    parts = [
        [part for tensor in unit for part in parts_of(tensor, _place(tensor) in rounded, bits, groups)]
        for unit in placed
    ]
    kept = {"lm_head"} | {
        _module(tensor.name)
        for place, tensor in stored.items()
        if place not in rounded and len(tensor.shape) == 2 and tensor.name.endswith(".weight")
    }
    return Recipe(
        spec=spec,
        bits=bits,
        groups=groups,
        kept=tuple(sorted(name for name in kept if not name.endswith("embed_tokens"))),
        shards=tuple(_shards(parts, shard)),
    )


def scale_dtype(tensor: TensorSpec) -> str:
    """What the scales of a tensor are stored in: as it is itself, as far as the format has it."""
    return tensor.dtype if tensor.dtype in SCALES else "F32"


_Place = tuple[Path, int, int]
"""Where a tensor's bytes lie, which tells which it is, however it is named."""


def _place(tensor: TensorSpec) -> _Place:
    return tensor.file, tensor.offset, tensor.bytes


def _matrices(groups: Sequence[Any]) -> Iterator[TensorSpec]:
    return (tensor for group in groups for tensor in group.tensors)


def _units(spec: ModelSpec) -> Iterator[tuple[list[_Place], set[_Place]]]:
    """Tensors that stay together in a file, in the order of a pass, and which of them are to be rounded."""
    yield [_place(tensor) for tensor in spec.embedding.tensors], set()
    for layer, experts in zip(spec.layers, spec.expert_groups, strict=True):
        tensors = [*layer.tensors, *_matrices(experts)]
        chosen = {_place(tensor) for tensor in tensors if len(tensor.shape) == 2 and tensor.name.endswith(MATRIX)}
        yield [_place(tensor) for tensor in tensors], chosen
    yield [_place(tensor) for tensor in spec.head.tensors], set()


def common_groups(tensors: Sequence[TensorSpec], group: int) -> dict[str, int]:
    """One size for all modules of the same last name, as config.json can only name them by it."""
    columns: dict[str, int] = defaultdict(int)
    for tensor in tensors:
        leaf = _module(tensor.name).rpartition(".")[2]
        columns[leaf] = math.gcd(columns[leaf], tensor.shape[1])
    return {leaf: _divisor(common, group) for leaf, common in sorted(columns.items())}


def _divisor(columns: int, group: int) -> int:
    """The largest of a group, its half, its quarter and so on that the columns are a multiple of; or 0."""
    while group >= SMALLEST_GROUP:
        if columns % group == 0:
            return group
        group //= 2
    return 0


def _module(name: str) -> str:
    return name.removesuffix(".weight")


def parts_of(tensor: TensorSpec, rounded: bool, bits: int, groups: dict[str, int]) -> Iterator[Part]:
    """What is stored of a tensor. `groups`: as `common_groups` has them."""
    if not rounded:
        yield Part(tensor.name, "copy", tensor, tensor.dtype, tensor.shape)
        return
    module = _module(tensor.name)
    rows, columns = tensor.shape
    group = groups[module.rpartition(".")[2]] or columns
    yield Part(f"{module}.weight_packed", "words", tensor, "I32", (rows, -(-columns * bits // _WORD)), group)
    yield Part(f"{module}.weight_scale", "scales", tensor, scale_dtype(tensor), (rows, columns // group), group)
    yield Part(f"{module}.weight_shape", "shape", tensor, "I64", (2,), group)


def _shards(units: Sequence[Sequence[Part]], most: int) -> Iterator[tuple[Part, ...]]:
    """Files of whole units. In each, larger dtypes come first, so that every number lies at a multiple of its size."""
    shard: list[Part] = []
    for unit in units:
        if shard and sum(part.bytes for part in (*shard, *unit)) > most:
            yield _aligned(shard)
            shard = []
        shard += unit
    yield _aligned(shard)


def _aligned(parts: Sequence[Part]) -> tuple[Part, ...]:
    return tuple(sorted(parts, key=lambda part: -DTYPE_BYTES[part.dtype]))
