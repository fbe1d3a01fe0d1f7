"""Published runs come out of the formula, from figures of the machine and the models alone; tokens per step are given.

The sources are the papers of SpecExec (arXiv 2406.02532) and SubSpec (arXiv 2509.18344). Theirs keep nothing of the
target on the accelerator, so that all of it crosses the bus at each pass.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.machine.machine import Device, Machine
from core.planning.blueprint import Blueprint
from core.planning.memory import Footprint
from core.planning.placement import Placement, Tiers
from core.planning.plan import Purpose, Tier
from core.planning.speed import predict
from core.planning.weights import Streams, Weights
from tests.core.planning.samples import GIB, figure, machine

LLAMA_70B = Blueprint("Llama 2 70B", "llama", 80, 8192, 28672, 64, 8, 128, 32000)
LLAMA_7B = Blueprint("Llama 2 7B", "llama", 32, 4096, 11008, 32, 32, 128, 32000)
SHEARED_1B = Blueprint("Sheared LLaMA 1.3B", "llama", 24, 2048, 5504, 16, 16, 128, 32000)
QWEN_7B = Blueprint("Qwen 2.5 7B", "qwen2", 28, 3584, 18944, 28, 4, 128, 152064)

GPTQ = 0.522
"""Bytes per weight of 4 bits with a scale and zero for every 128."""

IN_4_BITS = replace(LLAMA_70B, weight_bytes=GPTQ)


def card(bus: float, memory: float, products: float) -> Machine:
    """A machine by what its bus, its device's memory and its products reach."""
    return replace(
        machine(vram=24 * GIB),
        devices=(Device("cuda:0", "card", 24 * GIB, 24 * GIB),),
        host_to_device=figure(bus),
        device_read=figure(memory),
        matmul=figure(products),
    )


@pytest.mark.parametrize(
    ("target", "draft", "on", "budget", "tokens_per_step", "published"),
    [
        pytest.param(LLAMA_70B, LLAMA_7B, card(22.9e9, 1.5e12, 200e12), 2048, 20.6, 3.12, id="A100, 16 bits"),
        pytest.param(IN_4_BITS, LLAMA_7B, card(24.5e9, 1.5e12, 200e12), 128, 12.1, 6.02, id="A100, 4 bits"),
        pytest.param(IN_4_BITS, LLAMA_7B, card(24.5e9, 0.9e12, 110e12), 256, 13.5, 5.66, id="RTX 4090"),
        pytest.param(IN_4_BITS, LLAMA_7B, card(12e9, 0.8e12, 60e12), 256, 14.3, 3.68, id="RTX 3090"),
        pytest.param(IN_4_BITS, SHEARED_1B, card(11e9, 0.55e12, 45e12), 128, 7.3, 1.86, id="RTX 2080 Ti"),
        pytest.param(
            QWEN_7B, replace(QWEN_7B, weight_bytes=GPTQ), card(23e9, 0.9e12, 110e12), 256, 29.35, 24.3, id="SubSpec"
        ),
    ],
)
def test_a_published_run_is_reproduced(
    target: Blueprint, draft: Blueprint, on: Machine, budget: int, tokens_per_step: float, published: float
) -> None:
    footprint = Footprint(
        Weights(target.spec(), "float16"), Weights(draft.spec(), "float16"), 1024, budget, on_cpu=False
    )
    seconds = predict(footprint, _all_in_ram(footprint), on).seconds
    assert tokens_per_step / seconds.total == pytest.approx(published, rel=0.15)


def _all_in_ram(footprint: Footprint) -> Placement:
    """Layers in RAM; embedding and head on the device."""
    stored = footprint.target.stored
    layers = (Tier.RAM,) * len(stored.layers)
    return Placement(
        tiers=Tiers(layers, layers, Tier.VRAM, Tier.VRAM),
        kv=Tier.VRAM,
        streams=Streams(True, False, False, False),
        ram={},
        vram={Purpose.DRAFT: footprint.draft_total},
        shared=False,
        missing={},
        needed={},
        resident_limit=0,
        from_drive=0,
        over_bus=sum(stored.layers),
    )
