"""Models of the usual sizes, as shapes without files: what a computer can run, before there is any model on it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from core.machine.machine import Machine
from core.models.spec import DTYPE_BYTES, ModelSpec, TensorGroup, TensorSpec
from core.planning.plan import Plan, Request
from core.planning.planner import make_plan

DTYPE = "BF16"
VOCABULARY = 128_256
HEAD_DIM = 128


@dataclass(frozen=True, slots=True)
class Size:
    """A usual size: its name in billions of parameters, and the shape of its layers."""

    name: str
    layers: int
    hidden: int
    intermediate: int
    kv_heads: int = 8


SIZES = (
    Size("1B", 16, 2048, 8192),
    Size("3B", 28, 3072, 8192),
    Size("8B", 32, 4096, 14_336),
    Size("32B", 64, 5120, 27_648),
    Size("70B", 80, 8192, 28_672),
)


def typical_model(size: Size) -> ModelSpec:
    """A model of the Llama kind, unpacked, in 16-bit numbers."""
    hidden, keys = size.hidden, size.kv_heads * HEAD_DIM
    layer = {
        "self_attn.q_proj.weight": (hidden, hidden),
        "self_attn.k_proj.weight": (keys, hidden),
        "self_attn.v_proj.weight": (keys, hidden),
        "self_attn.o_proj.weight": (hidden, hidden),
        "mlp.gate_proj.weight": (size.intermediate, hidden),
        "mlp.up_proj.weight": (size.intermediate, hidden),
        "mlp.down_proj.weight": (hidden, size.intermediate),
        "input_layernorm.weight": (hidden,),
        "post_attention_layernorm.weight": (hidden,),
    }
    return ModelSpec(
        folder=Path(size.name),
        name=size.name,
        family="llama",
        config={},
        layers=tuple(_group(f"model.layers.{index}.", layer) for index in range(size.layers)),
        expert_groups=((),) * size.layers,
        embedding=_group("model.", {"embed_tokens.weight": (VOCABULARY, hidden)}),
        head=_group("", {"model.norm.weight": (hidden,), "lm_head.weight": (VOCABULARY, hidden)}),
        tied_embeddings=False,
        hidden_size=hidden,
        intermediate_size=size.intermediate,
        heads=hidden // HEAD_DIM,
        kv_heads=size.kv_heads,
        head_dim=HEAD_DIM,
        vocabulary=VOCABULARY,
        experts=0,
        experts_per_token=0,
        context_limit=131_072,
        sliding_window=None,
        dtype=DTYPE,
        quantisation=None,
    )


def what_runs(machine: Machine) -> list[tuple[Size, ModelSpec, Plan]]:
    """A plan for each size on this machine; those from 8B on draft with the 1B."""
    draft = typical_model(SIZES[0])
    found = []
    for size in SIZES:
        model = typical_model(size)
        big = model.parameters > 4 * draft.parameters
        request = Request(model, draft if big else None, context=4096, drafter="auto" if big else "none")
        found.append((size, model, make_plan(request, machine)))
    return found


def _group(prefix: str, shapes: dict[str, tuple[int, ...]]) -> TensorGroup:
    tensors = []
    for name, shape in shapes.items():
        size = DTYPE_BYTES[DTYPE]
        for length in shape:
            size *= length
        tensors.append(TensorSpec(name, Path("weights"), 0, size, DTYPE, shape))
    return TensorGroup(prefix, tuple(tensors))
