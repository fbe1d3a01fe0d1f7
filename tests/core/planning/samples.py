"""Models and machines for planning: shapes without files."""

from __future__ import annotations

from pathlib import Path

from core.machine.machine import Device, Figure, Machine, Source
from core.models.spec import DTYPE_BYTES, ModelSpec, TensorGroup, TensorSpec

MIB, GIB = 1 << 20, 1 << 30


def model(
    layers: int = 32,
    hidden: int = 4096,
    intermediate: int = 14336,
    vocabulary: int = 128_256,
    dtype: str = "BF16",
    tied: bool = False,
    context_limit: int = 131_072,
    name: str = "target",
    kv_heads: int | None = None,
    experts: int = 0,
) -> ModelSpec:
    """A model of the Llama kind, with a key head for each four query heads of 128 (or of all of `hidden`).

    With `experts` each layer has that many in place of its own multilayer perceptron, and a token chooses two of them.
    """
    head_dim = min(128, hidden)
    heads = hidden // head_dim
    kv_heads = kv_heads or max(1, heads // 4)

    def group(prefix: str, shapes: dict[str, tuple[int, int]]) -> TensorGroup:
        tensors = []
        for tensor, (rows, columns) in shapes.items():
            size = rows * columns * DTYPE_BYTES[dtype]
            tensors.append(TensorSpec(tensor, Path("weights"), 0, size, dtype, (rows, columns)))
        return TensorGroup(prefix, tuple(tensors))

    attention = {
        "q": (hidden, hidden),
        "k": (kv_heads * head_dim, hidden),
        "v": (kv_heads * head_dim, hidden),
        "o": (hidden, hidden),
        "norms": (2, hidden),
    }
    perceptron = {
        "gate": (intermediate, hidden),
        "up": (intermediate, hidden),
        "down": (hidden, intermediate),
    }
    layer = attention | ({"router": (experts, hidden)} if experts else perceptron)
    return ModelSpec(
        folder=Path(name),
        name=name,
        family="llama",
        config={},
        layers=tuple(group(f"layers.{index}", layer) for index in range(layers)),
        expert_groups=tuple(
            tuple(group(f"layers.{index}.experts.{expert}", perceptron) for expert in range(experts))
            for index in range(layers)
        ),
        embedding=group("embedding", {"weight": (vocabulary, hidden)}),
        head=group("head", {"norm": (1, hidden)} | ({} if tied else {"head": (vocabulary, hidden)})),
        tied_embeddings=tied,
        hidden_size=hidden,
        intermediate_size=intermediate,
        heads=heads,
        kv_heads=kv_heads,
        head_dim=head_dim,
        vocabulary=vocabulary,
        experts=experts,
        experts_per_token=2 if experts else 0,
        context_limit=context_limit,
        sliding_window=None,
        dtype=dtype,
        quantisation=None,
    )


def small(layers: int = 8, dtype: str = "BF16") -> ModelSpec:
    """About the shape of a demo model."""
    return model(layers, hidden=256, intermediate=1024, vocabulary=4096, dtype=dtype, tied=True, context_limit=2048)


def mixture(layers: int = 8, experts: int = 8, dtype: str = "BF16") -> ModelSpec:
    """A small mixture of experts."""
    return model(
        layers, hidden=256, intermediate=1024, vocabulary=4096, dtype=dtype, context_limit=2048, experts=experts
    )


def draft() -> ModelSpec:
    """About the shape of a 1B draft."""
    return model(16, hidden=2048, intermediate=8192, tied=True, name="draft")


def figure(value: float, source: Source = Source.MEASURED) -> Figure:
    return Figure(value, source, "made up for a test")


def machine(
    ram: int = 64 * GIB,
    free: int | None = None,
    vram: int = 0,
    bf16: bool = True,
    drive: Figure | None = None,
    device: str = "cuda:0",
) -> Machine:
    """A desktop computer, with a GPU if `vram` is given."""
    devices = (Device(device, "A GPU", vram, vram),) if vram else ()
    return Machine(
        cpu="A processor",
        cores=8,
        bf16=bf16,
        ram_total=ram,
        ram_available=ram if free is None else free,
        devices=devices,
        engine_bytes=figure(600 * MIB),
        drive_read=drive or figure(2e9),
        drive_threads=figure(2),
        memory_read=figure(40e9),
        matmul=figure(60e12 if vram else 500e9),
        host_to_device=figure(20e9) if vram else None,
    )
