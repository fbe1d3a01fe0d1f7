"""Times torch's fused kernels for packed weights against dequantising and multiplying, by rows of a pass.

    python -m tests.benchmarks.fused_kernels [--outputs 5952] [--inputs 2240] [--rounds 15]

One matrix of a layer in bfloat16, in 4 bits (groups of 64) and in 8 (a scale a row): a product with weights as they
are, a product with weights that were dequantised just before into a scratch, as streamed and packed layers are, and
torch's kernel that does both at once. Also how far one row's results are from those of the same row among many, by each
way: a pass over a tree and a pass over one token must agree.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

import torch
from torch import Tensor

from core.models.dequantise.arena import Arena
from core.models.dequantise.weight import dequantise
from core.models.formats.compressed_tensors import SymmetricRowWords
from core.models.formats.scaled import ScaledRows
from core.models.spec import PackedWeight, Packing

ROWS = (1, 2, 4, 8, 16, 64)
GROUP = 64
MATRICES = 24
"""So that none is still in a cache of the processor when its turn comes again, as in a pass over layers."""

Way = Callable[[int, Tensor], Tensor]
"""Multiplies rows with one of the matrices."""


def four_bits(outputs: int, inputs: int) -> tuple[Way, Way]:
    """Dequantising, and the fused kernel."""
    shape = (outputs, inputs)
    numbers = torch.randint(0, 16, shape, dtype=torch.int32)
    scales = (torch.rand(outputs, inputs // GROUP) / 100).bfloat16()
    words = torch.zeros(outputs, inputs // 8, dtype=torch.int32)
    for place in range(8):
        words |= numbers[:, place::8] << 4 * place
    held = [{"words": words.clone(), "scales": scales} for _ in range(MATRICES)]
    pack = torch.ops.aten._convert_weight_to_int4pack_for_cpu
    started = time.perf_counter()
    packed = [pack(numbers, 1) for _ in range(MATRICES)]
    print(f"laying 4 bits out for the kernel: {(time.perf_counter() - started) / MATRICES * 1e3:.2f} ms a matrix")
    pairs = torch.stack([scales.t(), torch.zeros_like(scales.t())], -1).contiguous()
    fused = torch.ops.aten._weight_int4pack_mm_for_cpu

    def multiply(turn: int, states: Tensor) -> Tensor:
        product: Tensor = fused(states, packed[turn % MATRICES], GROUP, pairs)
        return product

    return unpacked(SymmetricRowWords(4), shape, held), multiply


def eight_bits(outputs: int, inputs: int) -> tuple[Way, Way]:
    """Dequantising, and the fused kernel."""
    shape = (outputs, inputs)
    numbers = torch.randint(-128, 128, shape, dtype=torch.int8)
    scales = (torch.rand(outputs, 1) / 1000).bfloat16()
    held = [{"numbers": numbers.clone(), "scales": scales} for _ in range(MATRICES)]
    fused = torch.ops.aten._weight_int8pack_mm

    def multiply(turn: int, states: Tensor) -> Tensor:
        product: Tensor = fused(states, held[turn % MATRICES]["numbers"], scales[:, 0])
        return product

    return unpacked(ScaledRows((1, inputs)), shape, held), multiply


def unpacked(packing: Packing, shape: tuple[int, int], held: list[dict[str, Tensor]]) -> Way:
    weight = PackedWeight("weight", shape, {part: part for part in held[0]}, packing)
    scratch, arena = torch.empty(shape, dtype=torch.bfloat16), Arena(torch.device("cpu"))

    def multiply(turn: int, states: Tensor) -> Tensor:
        dequantise(weight, held[turn % MATRICES], scratch, arena)
        return states @ scratch.t()

    return multiply


def plain(outputs: int, inputs: int) -> Way:
    weights = [torch.randn(outputs, inputs).bfloat16() for _ in range(MATRICES)]
    return lambda turn, states: states @ weights[turn % MATRICES].t()


def milliseconds(way: Way, states: Tensor, rounds: int) -> float:
    taken = []
    for turn in range(3 + rounds):
        start = time.perf_counter()
        way(turn, states)
        taken.append(time.perf_counter() - start)
    return statistics.median(taken[3:]) * 1e3


def apart(one: Tensor, other: Tensor) -> float:
    """The largest difference, as a part of the usual size."""
    return ((one.float() - other.float()).abs().max() / other.float().square().mean().sqrt()).item()


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--outputs", type=int, default=5952)
    parser.add_argument("--inputs", type=int, default=2240)
    parser.add_argument("--rounds", type=int, default=15)
    asked = parser.parse_args()
    torch.manual_seed(0)
    outputs, inputs = asked.outputs, asked.inputs
    (unpack4, fused4), (unpack8, fused8) = four_bits(outputs, inputs), eight_bits(outputs, inputs)
    ways = {"bf16": plain(outputs, inputs), "4 bits, dequantised": unpack4, "4 bits, fused": fused4}
    ways |= {"8 bits, dequantised": unpack8, "8 bits, fused": fused8}
    print(f"{outputs} x {inputs}, {torch.get_num_threads()} threads, ms a product; rows: {ROWS}")
    with torch.inference_mode():
        states = {rows: torch.randn(rows, inputs).bfloat16() for rows in ROWS}
        for name, way in ways.items():
            times = "  ".join(f"{milliseconds(way, each, asked.rounds):7.2f}" for each in states.values())
            many = way(0, states[64])
            alone = torch.cat([way(0, states[64][row : row + 1]) for row in range(64)])
            print(f"{name:<20} {times}   one row beside many: {apart(alone, many):.1e}", flush=True)
        for name, one, other in (("4 bits", fused4, unpack4), ("8 bits", fused8, unpack8)):
            alone = torch.cat([one(0, states[64][row : row + 1]) for row in range(64)])
            print(f"{name}: fused one row beside dequantised many: {apart(alone, other(0, states[64])):.1e}")


if __name__ == "__main__":
    main()
