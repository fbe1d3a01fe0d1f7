"""Matrices in every format, and what they stand for: by other programs' code, or bit by bit as formats are published.

Each packer rounds a matrix, and gives the tensors that a checkpoint stores for it and the matrix as that other
implementation reads it back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional

GROUP = 32


@dataclass(frozen=True)
class Packed:
    """
    Attributes:
        tensors: What is stored, by what stands behind the module's name: ".qweight".
        matrix: [outputs, inputs].
    """

    tensors: dict[str, Tensor]
    matrix: Tensor


@dataclass(frozen=True)
class Packer:
    """A format with settings: its `quantization_config`, and how to pack a matrix of floats."""

    config: dict[str, Any]
    pack: Callable[[Tensor], Packed]


def into_words(numbers: np.ndarray, bits: int) -> Tensor:
    """Whole numbers along the last dimension, the first in the lowest bits. -> int32."""
    fields = numbers.astype(np.uint64).reshape(*numbers.shape[:-1], -1, 32 // bits)
    words = np.zeros(fields.shape[:-1], np.uint64)
    for place in range(32 // bits):
        words |= fields[..., place] << np.uint64(bits * place)
    return torch.from_numpy(words.astype(np.uint32).view(np.int32).copy())


def spread(matrix: Tensor, levels: int, groups: np.ndarray, dtype: torch.dtype) -> tuple[np.ndarray, ...]:
    """Whole numbers from 0 on, zero points and scales, from the least and the largest of each group of inputs.

    Returns: numbers [outputs, inputs], zeros and scales [outputs, groups].
    """
    order = np.argsort(groups, kind="stable")
    grouped = matrix.float().numpy()[:, order].reshape(len(matrix), -1, GROUP)
    least, most = grouped.min(-1).clip(max=0), grouped.max(-1).clip(min=0)
    scales = torch.from_numpy((most - least) / (levels - 1) + 1e-6).to(dtype).float().numpy()
    zeros = np.rint(-least / scales).clip(1, levels - 1).astype(np.int64)
    numbers = np.rint(matrix.float().numpy() / scales[:, groups]) + zeros[:, groups]
    return numbers.clip(0, levels - 1).astype(np.int64), zeros, scales


def gptq(bits: int = 4, ordered: bool = False, dtype: torch.dtype = torch.float16, version: str = "gptq") -> Packer:
    def pack(matrix: Tensor) -> Packed:
        outputs, inputs = matrix.shape
        groups = np.arange(inputs) // GROUP
        if ordered:
            groups = np.random.permutation(groups)
        numbers, zeros, scales = spread(matrix, 2**bits, groups, dtype)
        tensors = {
            ".qweight": into_words(numbers, bits).t().contiguous(),
            ".qzeros": into_words((zeros - (version == "gptq")).T, bits),
            ".scales": torch.from_numpy(scales.T.copy()).to(dtype),
            ".g_idx": torch.from_numpy(groups.astype(np.int32)),
            ".bias": torch.zeros(outputs, dtype=torch.float16),
        }
        shifted = (numbers - zeros[:, groups]).astype(np.float32)
        return Packed(tensors, torch.from_numpy(shifted * scales[:, groups]))

    config = {"quant_method": "gptq", "bits": bits, "group_size": GROUP, "desc_act": ordered}
    return Packer(config | {"checkpoint_format": version, "sym": False}, pack)


def awq() -> Packer:
    def pack(matrix: Tensor) -> Packed:
        order = [0, 2, 4, 6, 1, 3, 5, 7]
        groups = np.arange(matrix.shape[1]) // GROUP
        numbers, zeros, scales = spread(matrix, 16, groups, torch.float16)

        def interleaved(rows: np.ndarray) -> Tensor:
            return into_words(rows.T.reshape(rows.shape[1], -1, 8)[..., order].reshape(rows.shape[1], -1), 4)

        tensors = {
            ".qweight": interleaved(numbers),
            ".qzeros": interleaved(zeros),
            ".scales": torch.from_numpy(scales.T.copy()).half(),
        }
        shifted = (numbers - zeros[:, groups]).astype(np.float32)
        return Packed(tensors, torch.from_numpy(shifted * scales[:, groups]))

    config = {"quant_method": "awq", "bits": 4, "group_size": GROUP, "zero_point": True, "version": "gemm"}
    return Packer(config, pack)


def compressed_tensors(bits: int = 4, symmetric: bool = True, kind: str = "int", strategy: str = "group") -> Packer:
    group = GROUP if strategy == "group" else None
    arguments = {"num_bits": bits, "type": kind, "symmetric": symmetric, "strategy": strategy, "group_size": group}

    def pack(weight: Tensor) -> Packed:
        pytest.importorskip("compressed_tensors", reason="compressed-tensors is not installed")
        from compressed_tensors.compressors import NaiveQuantizationCompressor, PackedQuantizationCompressor
        from compressed_tensors.quantization import QuantizationArgs, QuantizationScheme

        scheme = QuantizationScheme(targets=["Linear"], weights=QuantizationArgs(**arguments))
        weight, (outputs, inputs) = weight.float(), weight.shape
        most = 448 if kind == "float" else 2 ** (bits - 1) - 1
        parts = weight.view(outputs, -1, group or inputs).abs().amax(-1)
        zeros = torch.randint(-3, 4, parts.shape, dtype=torch.int8)
        state = {"weight": weight, "weight_scale": parts / most + 1e-6, "weight_zero_point": zeros}
        if symmetric:
            state["weight_zero_point"] = torch.zeros_like(zeros)
        compressor = PackedQuantizationCompressor if kind == "int" else NaiveQuantizationCompressor
        stored = compressor.compress(dict(state), scheme)
        matrix = compressor.decompress(dict(stored), scheme)["weight"]
        stored = {f".{name}": tensor.contiguous() for name, tensor in stored.items() if tensor is not None}
        if kind == "float":
            stored.pop(".weight_zero_point", None)
        return Packed(stored, matrix.float())

    layout = "pack-quantized" if kind == "int" else "float-quantized"
    groups = {"group_0": {"targets": ["Linear"], "weights": arguments}}
    config = {"quant_method": "compressed-tensors", "format": layout, "config_groups": groups, "ignore": ["lm_head"]}
    return Packer(config, pack)


def fp8(block: tuple[int, int] | None = (16, 32)) -> Packer:
    def pack(matrix: Tensor) -> Packed:
        outputs, inputs = matrix.shape
        rows, columns = block or (outputs, inputs)

        def over_blocks(scales: Tensor) -> Tensor:
            return scales.repeat_interleave(rows, 0)[:outputs].repeat_interleave(columns, 1)[:, :inputs]

        edges = (0, -inputs % columns, 0, -outputs % rows)
        largest = functional.max_pool2d(functional.pad(matrix.float().abs(), edges)[None], (rows, columns))[0]
        scales = largest / 448 + 1e-6
        numbers = (matrix.float() / over_blocks(scales)).to(torch.float8_e4m3fn)
        return Packed({".weight": numbers, ".weight_scale_inv": scales}, numbers.float() * over_blocks(scales))

    sizes = None if block is None else list(block)
    return Packer({"quant_method": "fp8", "activation_scheme": "dynamic", "weight_block_size": sizes}, pack)


def mxfp4() -> Packer:
    """Of matrices that stand the other way round: [inputs, outputs]."""

    def pack(matrix: Tensor) -> Packed:
        from transformers.integrations.mxfp4 import convert_moe_packed_tensors

        grouped = matrix.float().t().reshape(matrix.shape[1], -1, 32)
        scales = grouped.abs().amax(-1, keepdim=True).clamp(min=2.0**-100).log2().floor() - 2
        table = torch.tensor([0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0])
        sizes = (grouped.abs() / scales.exp2())[..., None].sub(table).abs().argmin(-1)
        numbers = (sizes + 8 * (grouped < 0)).to(torch.uint8)
        blocks, exponents = numbers[..., 0::2] | numbers[..., 1::2] << 4, (scales.squeeze(-1) + 127).to(torch.uint8)
        read = convert_moe_packed_tensors(blocks[None], exponents[None], dtype=torch.float32)[0]
        return Packed({"_blocks": blocks, "_scales": exponents}, read)

    return Packer({"quant_method": "mxfp4", "modules_to_not_convert": ["lm_head"]}, pack)


def bitsandbytes(kind: str = "nf4", nested: bool = False) -> Packer:
    def pack(weight: Tensor) -> Packed:
        pytest.importorskip("bitsandbytes", reason="bitsandbytes is not installed")
        from bitsandbytes import functional as theirs

        weight = weight.float()
        if kind == "int8":
            numbers, scales, _ = theirs.int8_vectorwise_quant(weight.half())
            matrix = theirs.int8_vectorwise_dequant(numbers, scales)
            tensors = {".weight": numbers, ".SCB": scales, ".weight_format": torch.tensor(0, dtype=torch.uint8)}
            return Packed(tensors, matrix)
        packed, state = theirs.quantize_4bit(weight, quant_type=kind, compress_statistics=nested)
        stored = {f".weight.{name}": tensor for name, tensor in state.as_dict(packed=True).items()}
        # Blocks go on from row to row, but on a CPU it reads them wrong where they do: so block by block.
        blocks = theirs.quantize_4bit(weight.view(-1, state.blocksize), quant_type=kind, compress_statistics=nested)
        return Packed({".weight": packed} | stored, theirs.dequantize_4bit(*blocks).view(weight.shape))

    if kind == "int8":
        return Packer({"quant_method": "bitsandbytes", "load_in_8bit": True}, pack)
    config = {"quant_method": "bitsandbytes", "load_in_4bit": True, "bnb_4bit_quant_type": kind}
    return Packer(config | {"bnb_4bit_use_double_quant": nested}, pack)


PACKERS = {
    "GPTQ 4-bit": gptq(),
    "GPTQ 8-bit": gptq(bits=8),
    "GPTQ 2-bit": gptq(bits=2),
    "GPTQ act-order": gptq(ordered=True),
    "GPTQ v2, bfloat16 scales": gptq(dtype=torch.bfloat16, version="gptq_v2"),
    "AWQ": awq(),
    "compressed-tensors W4A16": compressed_tensors(),
    "compressed-tensors W4A16, zero points": compressed_tensors(symmetric=False),
    "compressed-tensors W8A16": compressed_tensors(bits=8),
    "compressed-tensors W8A16, channels": compressed_tensors(bits=8, strategy="channel"),
    "compressed-tensors fp8": compressed_tensors(bits=8, kind="float", strategy="channel"),
    "fp8 blocks": fp8(),
    "fp8 blocks that do not fill it": fp8((40, 56)),
    "fp8 tensors": fp8(None),
    "bitsandbytes nf4": bitsandbytes(),
    "bitsandbytes nf4, nested": bitsandbytes(nested=True),
    "bitsandbytes fp4": bitsandbytes("fp4"),
    "bitsandbytes int8": bitsandbytes("int8"),
}
"""All whose weights are layers' own; MXFP4 packs experts."""
