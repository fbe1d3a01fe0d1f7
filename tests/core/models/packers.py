"""Matrices in every format, and what they stand for: by other programs' code, or bit by bit as formats are published.

Each packer draws a matrix that its format can hold, and gives the tensors that a checkpoint stores for it and the
matrix as that other implementation reads it back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

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
    """A format with settings: its `quantization_config`, and how to pack a matrix.

    Attributes:
        draw: From outputs, inputs and how large numbers should be.
    """

    config: dict[str, Any]
    draw: Callable[[int, int, float], Packed]


def into_words(numbers: np.ndarray, bits: int) -> Tensor:
    """Whole numbers along the last dimension, the first in the lowest bits. -> int32."""
    fields = numbers.astype(np.uint64).reshape(*numbers.shape[:-1], -1, 32 // bits)
    words = np.zeros(fields.shape[:-1], np.uint64)
    for place in range(32 // bits):
        words |= fields[..., place] << np.uint64(bits * place)
    return torch.from_numpy(words.astype(np.uint32).view(np.int32).copy())


def gptq(bits: int = 4, ordered: bool = False, dtype: torch.dtype = torch.float16, version: str = "gptq") -> Packer:
    def draw(outputs: int, inputs: int, size: float) -> Packed:
        most = 2**bits - 1
        numbers = np.random.randint(0, most + 1, (outputs, inputs))
        zeros = np.random.randint(1, most + 1, (outputs, inputs // GROUP))
        scales = (torch.rand(outputs, inputs // GROUP) * size * 2 / most + 1e-3).to(dtype)
        groups = np.arange(inputs) // GROUP
        if ordered:
            groups = np.random.permutation(groups)
        shifted = torch.from_numpy(numbers - zeros[:, groups]).float()
        tensors = {
            ".qweight": into_words(numbers, bits).t().contiguous(),
            ".qzeros": into_words((zeros - (version == "gptq")).T, bits),
            ".scales": scales.t().contiguous(),
            ".g_idx": torch.from_numpy(groups.astype(np.int32)),
            ".bias": torch.zeros(outputs, dtype=torch.float16),
        }
        return Packed(tensors, shifted * scales.float()[:, groups])

    config = {"quant_method": "gptq", "bits": bits, "group_size": GROUP, "desc_act": ordered}
    return Packer(config | {"checkpoint_format": version, "sym": False}, draw)


def awq() -> Packer:
    def draw(outputs: int, inputs: int, size: float) -> Packed:
        order = [0, 2, 4, 6, 1, 3, 5, 7]
        numbers = np.random.randint(0, 16, (outputs, inputs))
        zeros = np.random.randint(0, 16, (outputs, inputs // GROUP))
        scales = (torch.rand(outputs, inputs // GROUP) * size / 8 + 1e-3).half()

        def interleaved(rows: np.ndarray) -> Tensor:
            return into_words(rows.T.reshape(rows.shape[1], -1, 8)[..., order].reshape(rows.shape[1], -1), 4)

        shifted = torch.from_numpy(numbers - zeros.repeat(GROUP, 1)).float()
        tensors = {
            ".qweight": interleaved(numbers),
            ".qzeros": interleaved(zeros),
            ".scales": scales.t().contiguous(),
        }
        return Packed(tensors, shifted * scales.float().repeat_interleave(GROUP, 1))

    config = {"quant_method": "awq", "bits": 4, "group_size": GROUP, "zero_point": True, "version": "gemm"}
    return Packer(config, draw)


def compressed_tensors(bits: int = 4, symmetric: bool = True, kind: str = "int", strategy: str = "group") -> Packer:
    group = GROUP if strategy == "group" else None
    arguments = {"num_bits": bits, "type": kind, "symmetric": symmetric, "strategy": strategy, "group_size": group}

    def draw(outputs: int, inputs: int, size: float) -> Packed:
        pytest.importorskip("compressed_tensors", reason="compressed-tensors is not installed")
        from compressed_tensors.compressors import NaiveQuantizationCompressor, PackedQuantizationCompressor
        from compressed_tensors.quantization import QuantizationArgs, QuantizationScheme

        scheme = QuantizationScheme(targets=["Linear"], weights=QuantizationArgs(**arguments))
        weight = torch.randn(outputs, inputs) * size
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
    return Packer(config, draw)


def fp8(block: tuple[int, int] | None = (16, 32)) -> Packer:
    def draw(outputs: int, inputs: int, size: float) -> Packed:
        numbers = (torch.randn(outputs, inputs) * 40).to(torch.float8_e4m3fn)
        rows, columns = block or (outputs, inputs)
        scales = torch.rand(-(-outputs // rows), -(-inputs // columns)) * size / 40 + 1e-4
        spread = scales.repeat_interleave(rows, 0)[:outputs].repeat_interleave(columns, 1)[:, :inputs]
        return Packed({".weight": numbers, ".weight_scale_inv": scales}, numbers.float() * spread)

    sizes = None if block is None else list(block)
    return Packer({"quant_method": "fp8", "activation_scheme": "dynamic", "weight_block_size": sizes}, draw)


def mxfp4() -> Packer:
    """Of matrices that stand the other way round: [inputs, outputs]."""

    def draw(outputs: int, inputs: int, size: float) -> Packed:
        from transformers.integrations.mxfp4 import convert_moe_packed_tensors

        blocks = torch.randint(0, 256, (outputs, inputs // 32, 16), dtype=torch.uint8)
        scales = torch.randint(124, 127, (outputs, inputs // 32), dtype=torch.uint8)
        matrix = convert_moe_packed_tensors(blocks[None], scales[None], dtype=torch.float32)[0]
        return Packed({"_blocks": blocks, "_scales": scales}, matrix)

    return Packer({"quant_method": "mxfp4", "modules_to_not_convert": ["lm_head"]}, draw)


def bitsandbytes(kind: str = "nf4", nested: bool = False) -> Packer:
    def draw(outputs: int, inputs: int, size: float) -> Packed:
        pytest.importorskip("bitsandbytes", reason="bitsandbytes is not installed")
        from bitsandbytes import functional

        weight = torch.randn(outputs, inputs) * size
        if kind == "int8":
            numbers, scales, _ = functional.int8_vectorwise_quant(weight.half())
            matrix = functional.int8_vectorwise_dequant(numbers, scales)
            tensors = {".weight": numbers, ".SCB": scales, ".weight_format": torch.tensor(0, dtype=torch.uint8)}
            return Packed(tensors, matrix)
        packed, state = functional.quantize_4bit(weight, quant_type=kind, compress_statistics=nested)
        stored = {f".weight.{name}": tensor for name, tensor in state.as_dict(packed=True).items()}
        return Packed({".weight": packed} | stored, functional.dequantize_4bit(packed, state))

    if kind == "int8":
        return Packer({"quant_method": "bitsandbytes", "load_in_8bit": True}, draw)
    config = {"quant_method": "bitsandbytes", "load_in_4bit": True, "bnb_4bit_quant_type": kind}
    return Packer(config | {"bnb_4bit_use_double_quant": nested}, draw)


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


