"""Every format comes out as other programs read it, into any float dtype, whatever the shape."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import save_file
from torch import Tensor

from core.models.dequantise import arena as arenas
from core.models.dequantise.arena import Arena
from core.models.dequantise.weight import dequantise
from core.models.formats.format import Stored
from core.models.formats.ggml import GGML_TYPES, GgmlBlocks, GgmlType
from core.models.formats.registry import recognise
from core.models.safetensors_header import read_header
from core.models.spec import PackedWeight, TensorGroup
from tests.core.models.packers import PACKERS, Packed, Packer, mxfp4

SHAPES = ((64, 64), (96, 192), (64, 864), (48, 1024))
CPU = torch.device("cpu")


def packed_weight(folder: Path, packer: Packer, packed: Packed, module: str = "proj") -> PackedWeight:
    """What the format makes of the tensors once they are in a file."""
    file = folder / "m.safetensors"
    save_file({module + name: tensor.contiguous() for name, tensor in packed.tensors.items()}, file)
    made = recognise({"quantization_config": packer.config})
    assert made is not None
    name = module if "_blocks" in packed.tensors else f"{module}.weight"
    weight = made.weight(name, tuple(packed.matrix.shape), Stored(TensorGroup("", read_header(file))))
    assert weight is not None
    return weight


def computed(weight: PackedWeight, packed: Packed, module: str = "proj", dtype: torch.dtype = torch.float32) -> Tensor:
    out = torch.full(weight.shape, torch.nan, dtype=dtype)
    if weight.packing.transposed:
        out = out.t().contiguous().t()
    dequantise(weight, {module + name: tensor for name, tensor in packed.tensors.items()}, out, Arena(CPU))
    return out


@pytest.fixture(autouse=True)
def seeded() -> None:
    torch.manual_seed(1)
    np.random.seed(1)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", PACKERS)
def test_a_weight_is_what_another_program_reads(
    name: str, shape: tuple[int, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arenas, "DEQUANTISED_BLOCK", 16 * 64)  # so that there are several blocks, and a shorter one
    packed = PACKERS[name].pack(torch.randn(shape))
    weight = packed_weight(tmp_path, PACKERS[name], packed)
    if name == "bitsandbytes int8":  # it multiplies by 1 / 127, and last
        torch.testing.assert_close(computed(weight, packed), packed.matrix, rtol=3e-7, atol=0)
    else:
        assert torch.equal(computed(weight, packed), packed.matrix)


@pytest.mark.parametrize("name", PACKERS)
def test_it_is_rounded_once_to_the_dtype_of_passes(name: str, tmp_path: Path) -> None:
    packed = PACKERS[name].pack(torch.randn(64, 128))
    weight = packed_weight(tmp_path, PACKERS[name], packed)
    for dtype in (torch.bfloat16, torch.float16):
        exact = computed(weight, packed)
        assert torch.equal(computed(weight, packed, dtype=dtype), exact.to(dtype))


@pytest.mark.parametrize("shape", SHAPES)
def test_mxfp4_is_what_transformers_reads(shape: tuple[int, int], tmp_path: Path) -> None:
    packed = mxfp4().pack(torch.randn(shape).t())
    weight = packed_weight(tmp_path, mxfp4(), packed)
    assert torch.equal(computed(weight, packed), packed.matrix)


@pytest.mark.parametrize("kind", GGML_TYPES.values(), ids=lambda kind: kind.name)
@given(data=st.data())
@settings(deadline=None, max_examples=15)
def test_blocks_of_gguf_files_are_what_its_own_library_reads(kind: GgmlType, data: st.DataObject) -> None:
    gguf = pytest.importorskip("gguf", reason="gguf is not installed")
    rows, blocks, seed = data.draw(st.tuples(st.integers(1, 9), st.integers(1, 5), st.integers(0, 2**32 - 1)))
    raw = np.frombuffer(np.random.default_rng(seed).bytes(rows * blocks * kind.bytes), np.uint8).reshape(rows, -1)
    with np.errstate(invalid="ignore", over="ignore"):  # any bytes are numbers, some of them none
        expected = torch.from_numpy(gguf.dequantize(raw, gguf.GGMLQuantizationType[kind.name]).copy())
    shape = (rows, blocks * kind.elements)
    out = torch.empty(shape)
    weight = PackedWeight("w", shape, {"blocks": "w"}, GgmlBlocks(kind.name))
    dequantise(weight, {"w": torch.from_numpy(raw.copy())}, out, Arena(CPU))
    torch.testing.assert_close(out, expected.view(shape), rtol=0, atol=0, equal_nan=True)


def test_heads_that_llama_cpp_turned_are_turned_back() -> None:
    rows = torch.arange(24.0)[:, None].expand(24, 4)
    turned = rows.view(3, 2, 4, 4).transpose(1, 2).reshape(24, 4)  # as its converter does for 3 heads of 8 rows
    out = torch.empty(24, 4)
    weight = PackedWeight("w", (24, 4), {"blocks": "w"}, GgmlBlocks("F32", heads=3))
    dequantise(weight, {"w": turned.contiguous().view(torch.uint8)}, out, Arena(CPU))
    assert torch.equal(out, rows)


def test_what_was_added_is_taken_away() -> None:
    out = torch.empty(5)
    weight = PackedWeight("w", (5,), {"blocks": "w"}, GgmlBlocks("F32", added=1))
    dequantise(weight, {"w": torch.arange(5.0).view(torch.uint8)}, out, Arena(CPU))
    assert torch.equal(out, torch.arange(5.0) - 1)
