"""On an NVIDIA device every family writes what transformers writes on the CPU, with trees, windows and experts."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from transformers.models.gemma2.modeling_gemma2 import Gemma2PreTrainedModel

from core.models import sight
from core.models.checkpoint import open_checkpoint
from core.offload import pieces
from core.offload.offloaded_model import OffloadedModel
from core.offload.places import Places
from core.planning.plan import Tier
from tests.core.offload.test_families import (
    FAMILIES,
    MIXTURES,
    PROMPTS,
    KnowingDrafter,
    decode,
    telling_model,
)
from tests.cuda.device import DEVICE, needs_cuda

pytestmark = needs_cuda

LAYERS = (Tier.RAM, Tier.VRAM, Tier.SSD)


def on_device(folder: Path, layers: tuple[Tier, ...], experts: Tier, ends: Tier) -> OffloadedModel:
    places = Places(
        Tier.VRAM,
        layers,
        experts=(experts,) * len(layers),
        embedding=ends,
        head=ends,
        kv=Tier.VRAM,
        staging_slots=2,
        expert_slots=2,
        reading_threads=2,
    )
    return OffloadedModel(open_checkpoint(folder), places, torch.float32, DEVICE)


def uncapped(name: str) -> bool:
    """Whether transformers' own model leaves out the caps of its scores: its releases before 5.23 do, of Gemma 2."""
    return name == "Gemma 2" and Gemma2PreTrainedModel._supports_sdpa


@pytest.mark.parametrize("name", FAMILIES)
def test_trees_write_what_transformers_writes(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if uncapped(name):
        pytest.skip("this transformers leaves out Gemma 2's caps")
    monkeypatch.setattr(pieces, "PROMPT_CHUNK", 6)
    monkeypatch.setattr(sight, "ATTENTION_CHUNK", 9)
    folder, _, replies = telling_model(tmp_path, *FAMILIES[name])
    mixture = name in MIXTURES
    for experts in (Tier.SSD, Tier.RAM, Tier.VRAM) if mixture else (Tier.VRAM,):
        for ends in (Tier.VRAM, Tier.SSD):
            model = on_device(folder, LAYERS, experts, ends)
            for prompt, reply in zip(PROMPTS, replies, strict=True):
                for budget in (1, 33):
                    assert decode(model, KnowingDrafter([*prompt, *reply]), prompt, budget)[0] == reply
            assert model.weights.experts_streamed > 0 or experts is Tier.VRAM
            model.close()
