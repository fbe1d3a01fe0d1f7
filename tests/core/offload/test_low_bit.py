"""Packed layers compute what their weights would, by either kernel and for any shape."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn import functional

from core.models.formats.compressed_tensors import SymmetricRowWords
from core.models.spec import PackedWeight
from core.offload.low_bit import Kernel, LowBitLinear
from core.quantize.rounding import pack_words, round_weights

CPU = torch.device("cpu")


def packed(outputs: int, columns: int, group: int) -> tuple[PackedWeight, dict[str, torch.Tensor], torch.Tensor]:
    """A random matrix: how it is packed, its stored tensors, and what they stand for."""
    torch.manual_seed(0)
    numbers, scales = round_weights(torch.randn(outputs, columns), 4, group, torch.bfloat16)
    plain = (numbers.view(outputs, -1, group).float() * scales.float()[..., None]).view(outputs, columns)
    stored = {"words": pack_words(numbers.clone(), 4), "scales": scales}
    parts = {"words": "words", "scales": "scales"}
    return PackedWeight("weight", (outputs, columns), parts, SymmetricRowWords(4)), stored, plain


@pytest.mark.parametrize("rows", [1, 3, 4, 17])
@pytest.mark.parametrize(("outputs", "columns", "group"), [(16, 32, 32), (48, 192, 64), (80, 256, 128)])
@pytest.mark.parametrize("fused", [False, True])
def test_products_are_those_of_the_weights(rows: int, outputs: int, columns: int, group: int, fused: bool) -> None:
    weight, stored, plain = packed(outputs, columns, group)
    states = torch.randn(rows, columns).bfloat16().float()
    product = Kernel(torch.float32, CPU, fused).product(weight, stored)(states)
    tolerance = 0.02 if fused else 1e-5  # the fused kernel rounds its products to bfloat16
    torch.testing.assert_close(product, functional.linear(states, plain), rtol=tolerance, atol=20 * tolerance)


@pytest.mark.parametrize(("outputs", "columns", "group"), [(13, 32, 32), (16, 48, 16), (16, 40, 40)])
def test_shapes_that_no_kernel_takes_are_unpacked(outputs: int, columns: int, group: int) -> None:
    weight, stored, plain = packed(outputs, columns, group)
    states = torch.randn(2, columns)
    product = Kernel(torch.float32, CPU, fused=True).product(weight, stored)(states)
    torch.testing.assert_close(product, functional.linear(states, plain))


def test_the_faster_kernel_is_found_out_once() -> None:
    weight, stored, plain = packed(64, 128, 64)
    kernel = Kernel(torch.float32, CPU)
    products = [kernel.product(weight, stored) for _ in range(3)]
    assert len({type(product) for product in products}) == 1
    states = torch.randn(4, 128).bfloat16().float()
    torch.testing.assert_close(products[0](states), functional.linear(states, plain), rtol=0.02, atol=0.4)


def test_a_layer_keeps_its_bias_and_any_dimensions() -> None:
    weight, stored, plain = packed(16, 32, 32)
    bias = nn.Parameter(torch.randn(16))
    layer = LowBitLinear(Kernel(torch.float32, CPU, False).product(weight, stored), bias)
    states = torch.randn(1, 5, 32)
    torch.testing.assert_close(layer(states), functional.linear(states, plain, bias))
