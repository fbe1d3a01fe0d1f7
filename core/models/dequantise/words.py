"""Whole numbers in words of 32 bits: GPTQ, AWQ and compressed-tensors."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn import functional

from core.models.dequantise.arena import Arena, nibbles
from core.models.formats.compressed_tensors import RowWords
from core.models.formats.words import AwqWords, GptqWords

AWQ_ORDER = (0, 2, 4, 6, 1, 3, 5, 7)
"""Which output each four bits of a word are of, from the lowest on."""


def gptq_words(packing: GptqWords, parts: Mapping[str, Tensor], out: Tensor, arena: Arena) -> None:
    """Words run along the inputs in the files, so that they are turned before they are taken apart."""
    zeros = _spread(parts["qzeros"], packing.bits, arena)[:, : out.shape[0]].t() + packing.zero_offset
    affine = Affine(zeros, parts["scales"].t(), parts.get("g_idx"))
    for rows in arena.blocks(*out.shape):
        columns = parts["qweight"][:, rows]
        words = arena.take((columns.shape[1], columns.shape[0]), torch.int32).copy_(columns.t())
        numbers = _numbers(words.view(torch.uint8), packing.bits, arena)
        affine.compute(numbers, rows, out[rows], arena)


def row_words(packing: RowWords, parts: Mapping[str, Tensor], out: Tensor, arena: Arena) -> None:
    words, (outputs, columns) = parts["words"], out.shape
    scales = parts["scales"].expand(outputs, -1)
    if "zeros" in parts:
        zeros = _spread(parts["zeros"].t().contiguous(), packing.bits, arena)[:, :outputs].t()
    else:
        zeros = torch.full((1, 1), 1 << (packing.bits - 1), dtype=torch.int16, device=out.device).expand(scales.shape)
    affine = Affine(zeros, scales, parts.get("groups"))
    for rows in arena.blocks(outputs, columns):
        numbers = _numbers(words[rows].view(torch.uint8), packing.bits, arena)[:, :columns]
        affine.compute(numbers, rows, out[rows], arena)


def awq_words(packing: AwqWords, parts: Mapping[str, Tensor], out: Tensor, arena: Arena) -> None:
    """A word is of 8 outputs: turned, its bytes are two rows each."""
    outputs, inputs = out.shape
    order = torch.tensor(AWQ_ORDER, device=out.device).argsort()
    zeros = _spread(parts["qzeros"], 4, arena).view(-1, outputs // 8, 8)[..., order].flatten(1).t()
    affine = Affine(zeros, parts["scales"].t(), None)
    words = parts["qweight"].t()
    for rows in arena.blocks(outputs, inputs, multiple=8):
        mine = words[rows.start // 8 : rows.stop // 8]
        turned = arena.take(tuple(mine.shape), torch.int32).copy_(mine).view(torch.uint8).view(*mine.shape, 4)
        planes = arena.take((len(mine), 4, inputs), torch.uint8).copy_(turned.transpose(1, 2))
        numbers = arena.take((len(mine), 8, inputs), torch.uint8)
        for byte in range(4):
            lower, upper = AWQ_ORDER[2 * byte : 2 * byte + 2]
            torch.bitwise_and(planes[:, byte], 15, out=numbers[:, lower])
            torch.bitwise_right_shift(planes[:, byte], 4, out=numbers[:, upper])
        affine.compute(numbers.view(torch.int8).view(-1, inputs), rows, out[rows], arena)


def _numbers(packed: Tensor, bits: int, arena: Arena) -> Tensor:
    """Whole numbers from bytes, the lowest bits first: int8, but uint8 if they take all 8 bits."""
    if bits == 8:
        return packed
    if bits == 4:
        return nibbles(packed, arena)
    numbers = arena.take((*packed.shape, 4), torch.uint8)
    for place in range(4):
        torch.bitwise_right_shift(packed, 2 * place, out=numbers[..., place])
    return numbers.bitwise_and_(3).view(torch.int8).flatten(1)


def _spread(words: Tensor, bits: int, arena: Arena) -> Tensor:
    """Zero points from words of their rows. [rows, words] int32 -> [rows, numbers], int8 or, of 8 bits, int16."""
    arena.clear()
    numbers = _numbers(words.contiguous().view(torch.uint8), bits, arena)
    return numbers.to(torch.int16) if bits == 8 else numbers.clone()


class Affine:
    """(numbers - zeros) * scales, with those of each group of columns.

    Args:
        zeros, scales: [rows, groups].
        groups: The group of each column; None if they follow each other.
    """

    def __init__(self, zeros: Tensor, scales: Tensor, groups: Tensor | None) -> None:
        self._zeros = zeros.contiguous()
        self._scales = scales.contiguous().float()
        self._groups = None if groups is None else groups.long()

    def compute(self, numbers: Tensor, rows: slice, out: Tensor, arena: Arena) -> None:
        """
        Args:
            numbers: [rows, columns]: int8 of less than 8 bits, which are overwritten, or uint8.
            rows: Which they are.
        """
        columns, scales = numbers.shape[1], self._scales[rows]
        if self._groups is not None:
            weights = arena.take(tuple(numbers.shape), torch.float32)
            torch.sub(numbers, self._zeros[rows][:, self._groups].float(), out=weights)
            out.copy_(weights.mul_(scales[:, self._groups]))
            return
        groups = scales.shape[1]
        every = -(-columns // groups)
        if every * groups > columns:  # the last group is shorter
            numbers = functional.pad(numbers, (0, every * groups - columns))
        weights = arena.take((len(numbers), groups, every), torch.float32)
        grouped = numbers.view(weights.shape)
        if numbers.dtype is torch.int8:
            # Small whole numbers are subtracted four times as fast as floats.
            torch.mul(grouped.sub_(self._zeros[rows][..., None].to(torch.int8)), scales[..., None], out=weights)
        else:
            torch.sub(grouped, self._zeros[rows][..., None].float(), out=weights)
            weights.mul_(scales[..., None])
        out.copy_(weights.flatten(1)[:, :columns])
