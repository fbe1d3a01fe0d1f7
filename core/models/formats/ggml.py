"""The blocks of GGUF files: some tens of bytes for 32 or 256 numbers that follow each other in a row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from core.models.formats.format import Stored, by
from core.models.spec import PackedWeight, Packing


@dataclass(frozen=True, slots=True)
class GgmlType:
    """One kind of block: how many numbers it holds, in how many bytes."""

    name: str
    elements: int
    bytes: int


GGML_TYPES = {
    0: GgmlType("F32", 1, 4),
    1: GgmlType("F16", 1, 2),
    2: GgmlType("Q4_0", 32, 18),
    3: GgmlType("Q4_1", 32, 20),
    6: GgmlType("Q5_0", 32, 22),
    7: GgmlType("Q5_1", 32, 24),
    8: GgmlType("Q8_0", 32, 34),
    10: GgmlType("Q2_K", 256, 84),
    11: GgmlType("Q3_K", 256, 110),
    12: GgmlType("Q4_K", 256, 144),
    13: GgmlType("Q5_K", 256, 176),
    14: GgmlType("Q6_K", 256, 210),
    20: GgmlType("IQ4_NL", 32, 18),
    23: GgmlType("IQ4_XS", 256, 136),
    30: GgmlType("BF16", 1, 2),
    39: GgmlType("MXFP4", 32, 17),
}
"""The supported types by their numbers in files."""

PLAIN = ("F32", "F16", "BF16")


@dataclass(frozen=True, slots=True)
class GgmlBlocks(Packing):
    """Part: blocks [rows, bytes of a row], or [bytes] for a weight of one dimension.

    Attributes:
        type: Of `GGML_TYPES`, by name.
        heads: If the rows of each head stand in the order in which llama.cpp turns them, how many heads there are.
        added: What was added to all numbers.
    """

    by_row: ClassVar[bool] = True

    type: str
    heads: int = 0
    added: int = 0

    def shape(self, stored: tuple[int, ...]) -> tuple[int, ...]:
        kind = next(kind for kind in GGML_TYPES.values() if kind.name == self.type)
        return (*stored[:-1], stored[-1] // kind.bytes * kind.elements)


@dataclass(frozen=True, slots=True)
class GgmlTurns(Packing):
    """Parts, by number: blocks [rows, bytes of a row], or [bytes], whose rows take turns in the weight.

    Attributes:
        types: Those of the parts.
    """

    types: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GgmlColumns(GgmlTurns):
    """With columns of the weight that are rows in the files."""

    transposed: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class FusedExperts:
    """Experts of families that have gate and up in one matrix, column by column, where files have them apart.

    What a weight is made of has its name and a number.
    """

    name: str = "GGUF"
    ignored: tuple[str, ...] = ()

    def weight(self, name: str, shape: tuple[int, ...], stored: Stored) -> PackedWeight | None:
        found = {str(number): stored.get(f"{name}.{number}") for number in range(2)}
        parts = {number: tensor for number, tensor in found.items() if tensor is not None}
        if not parts:
            return None
        experts, *sizes = shape
        expected = (experts, sizes[-1] // len(parts), *sizes[:-1])
        types = []
        for tensor in parts.values():
            assert isinstance(tensor.packing, GgmlBlocks)
            if tensor.packing.shape(tensor.shape) != expected:
                raise stored.misfit(tensor.name, f"{by(expected)} by the file's settings")
            types.append(tensor.packing.type)
        kind = GgmlColumns if len(sizes) == 2 else GgmlTurns
        return PackedWeight(name, shape, {number: tensor.name for number, tensor in parts.items()}, kind(tuple(types)))
