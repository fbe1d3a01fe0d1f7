"""The blocks of GGUF files.

Every function here takes blocks [n, bytes of a block], uint8, and returns their numbers [n, numbers of a block],
float32, equal to the last bit to those of llama.cpp's own reference.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor

from core.models.dequantise.arena import Arena
from core.models.formats.ggml import GGML_TYPES, GgmlBlocks, GgmlTurns

MXFP4 = (0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12)
"""What the four bits of that type stand for, in halves."""

IQ4 = (-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113)
"""What the four bits of IQ4 types stand for."""


def ggml_blocks(packing: GgmlBlocks, parts: Mapping[str, Tensor], out: Tensor, arena: Arena) -> None:
    kind = _TYPES[packing.type]
    blocks = parts["blocks"].view(-1, parts["blocks"].shape[-1])
    if packing.heads:
        halves = blocks.view(packing.heads, -1, 2, blocks.shape[1])
        blocks = halves.transpose(1, 2).reshape(blocks.shape)
    target = out.view(len(blocks), -1)
    for rows in arena.blocks(*target.shape):
        numbers = _FUNCTIONS[packing.type](blocks[rows].reshape(-1, kind.bytes))
        if packing.added:
            numbers = numbers - packing.added
        target[rows].copy_(numbers.view(-1, target.shape[1]))


def ggml_turns(packing: GgmlTurns, parts: Mapping[str, Tensor], out: Tensor, arena: Arena) -> None:
    for number, kind in enumerate(packing.types):
        mine = out[number :: len(packing.types)]
        ggml_blocks(GgmlBlocks(kind), {"blocks": parts[str(number)]}, mine, arena)


def _f32(blocks: Tensor) -> Tensor:
    return blocks.view(torch.float32)


def _f16(blocks: Tensor) -> Tensor:
    return blocks.view(torch.float16).float()


def _bf16(blocks: Tensor) -> Tensor:
    return blocks.view(torch.bfloat16).float()


def _q4_0(blocks: Tensor) -> Tensor:
    return _times(_halves(blocks[:, 2:], 16) - 8, _half(blocks, 0))


def _q4_1(blocks: Tensor) -> Tensor:
    return _times(_halves(blocks[:, 4:], 16), _half(blocks, 0)).add_(_half(blocks, 2))


def _q5_0(blocks: Tensor) -> Tensor:
    return _times(_fives(blocks[:, 2:6], blocks[:, 6:]) - 16, _half(blocks, 0))


def _q5_1(blocks: Tensor) -> Tensor:
    return _times(_fives(blocks[:, 4:8], blocks[:, 8:]), _half(blocks, 0)).add_(_half(blocks, 2))


def _q8_0(blocks: Tensor) -> Tensor:
    return _times(blocks[:, 2:].view(torch.int8), _half(blocks, 0))


def _q2_k(blocks: Tensor) -> Tensor:
    scales, packed = blocks[:, :16], blocks[:, 16:80]
    factors = _half(blocks, 80) * (scales & 15)
    least = _half(blocks, 82) * (scales >> 4)
    numbers = _fields(packed.reshape(-1, 2, 1, 32), 2).view(-1, 16, 16)
    return _times(numbers, factors[..., None]).sub_(least[..., None]).flatten(1)


def _q3_k(blocks: Tensor) -> Tensor:
    upper, packed, scales = blocks[:, :32], blocks[:, 32:96], blocks[:, 96:108]
    lower_scales = _fields(scales[:, None, :8], 4).flatten(1)
    upper_scales = _fields(scales[:, None, 8:], 2).flatten(1)
    factors = _half(blocks, 108) * ((lower_scales | upper_scales << 4).view(torch.int8) - 32)
    numbers = _fields(packed.reshape(-1, 2, 1, 32), 2).view(-1, 8, 32)
    # A bit that is not set takes 4 away.
    numbers |= _fields(upper[:, None], 1) << 2
    return _times((numbers.view(torch.int8) - 4).view(-1, 16, 16), factors[..., None]).flatten(1)


def _q4_k(blocks: Tensor) -> Tensor:
    factors, least = _scales_and_minima(blocks)
    numbers = _halves(blocks[:, 16:].reshape(-1, 4, 32), 32).view(-1, 8, 32)
    return _times(numbers, factors[..., None]).sub_(least[..., None]).flatten(1)


def _q5_k(blocks: Tensor) -> Tensor:
    factors, least = _scales_and_minima(blocks)
    numbers = _halves(blocks[:, 48:].reshape(-1, 4, 32), 32).view(torch.uint8).view(-1, 8, 32)
    numbers |= _fields(blocks[:, None, 16:48], 1) << 4
    return _times(numbers, factors[..., None]).sub_(least[..., None]).flatten(1)


def _q6_k(blocks: Tensor) -> Tensor:
    factors = _half(blocks, 208) * blocks[:, 192:208].view(torch.int8)
    numbers = _halves(blocks[:, :128].reshape(-1, 2, 64), 64).view(torch.uint8).view(-1, 8, 32)
    numbers |= _fields(blocks[:, 128:192].reshape(-1, 2, 1, 32), 2).view(-1, 8, 32) << 4
    return _times((numbers.view(torch.int8) - 32).view(-1, 16, 16), factors[..., None]).flatten(1)


def _iq4_nl(blocks: Tensor) -> Tensor:
    return _times(_looked_up(_halves(blocks[:, 2:], 16), IQ4), _half(blocks, 0))


def _iq4_xs(blocks: Tensor) -> Tensor:
    upper = _fields(blocks[:, 2:4, None], 2, along=-1).flatten(1)
    lower = _fields(blocks[:, 4:8, None], 4, along=-1).flatten(1)
    factors = _half(blocks, 0) * ((lower | upper << 4).view(torch.int8) - 32)
    numbers = _looked_up(_halves(blocks[:, 8:].reshape(-1, 8, 16), 16), IQ4)
    return _times(numbers, factors[..., None]).flatten(1)


def _mxfp4(blocks: Tensor) -> Tensor:
    """The exponent is that of halves; the two smallest are below what is normal for float32."""
    exponents = blocks[:, :1].int()
    halves = torch.where(exponents < 2, 0x00200000 << exponents, (exponents - 1) << 23).view(torch.float32)
    return _times(_looked_up(_halves(blocks[:, 1:], 16), MXFP4), halves)


_TYPES = {kind.name: kind for kind in GGML_TYPES.values()}

_FUNCTIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "F32": _f32,
    "F16": _f16,
    "BF16": _bf16,
    "Q4_0": _q4_0,
    "Q4_1": _q4_1,
    "Q5_0": _q5_0,
    "Q5_1": _q5_1,
    "Q8_0": _q8_0,
    "Q2_K": _q2_k,
    "Q3_K": _q3_k,
    "Q4_K": _q4_k,
    "Q5_K": _q5_k,
    "Q6_K": _q6_k,
    "IQ4_NL": _iq4_nl,
    "IQ4_XS": _iq4_xs,
    "MXFP4": _mxfp4,
}


def _times(numbers: Tensor, factors: Tensor) -> Tensor:
    """A product in float32, of whole numbers."""
    return torch.mul(numbers, factors)


def _half(blocks: Tensor, at: int) -> Tensor:
    """The float16 at a place of every block. [n, 1], float32."""
    return blocks[:, at : at + 2].contiguous().view(torch.float16).float()


def _halves(packed: Tensor, width: int) -> Tensor:
    """The lower halves of some bytes, then the upper ones. […, width] uint8 -> […, 2 * width] int8."""
    numbers = torch.empty(*packed.shape[:-1], 2, width, dtype=torch.uint8, device=packed.device)
    torch.bitwise_and(packed, 15, out=numbers[..., 0, :])
    torch.bitwise_right_shift(packed, 4, out=numbers[..., 1, :])
    return numbers.view(torch.int8).flatten(-2)


def _fields(packed: Tensor, bits: int, along: int = -2) -> Tensor:
    """All fields of so many bits, the lowest first, spread over a dimension of length 1."""
    shifts = torch.arange(0, 8, bits, dtype=torch.uint8, device=packed.device)
    shape = [1] * packed.dim()
    shape[along] = len(shifts)
    return (packed >> shifts.view(shape)) & ((1 << bits) - 1)


def _fives(fifth: Tensor, packed: Tensor) -> Tensor:
    """Numbers of 5 bits, of which the fifth ones stand apart. [n, 32] int8."""
    bits = _fields(fifth[..., None], 1, along=-1).flatten(1)
    return (_halves(packed, 16).view(torch.uint8) | bits << 4).view(torch.int8)


def _scales_and_minima(blocks: Tensor) -> tuple[Tensor, Tensor]:
    """Of the 8 parts of a block of Q4_K and Q5_K the factor, and what is subtracted. Each [n, 8], float32."""
    first, second, third = blocks[:, 4:8], blocks[:, 8:12], blocks[:, 12:16]
    scales = torch.cat([first & 63, third & 15 | first >> 2 & 48], dim=1)
    minima = torch.cat([second & 63, third >> 4 | second >> 2 & 48], dim=1)
    return _half(blocks, 0) * scales, _half(blocks, 2) * minima


def _looked_up(numbers: Tensor, places: Sequence[int]) -> Tensor:
    table = torch.tensor(places, dtype=torch.float32, device=numbers.device)
    return table[numbers.int()]
