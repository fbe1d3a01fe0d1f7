"""A packed model writes what the same model writes that was dequantised beforehand, wherever its weights live."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest
import torch

from core.models.checkpoint import open_checkpoint
from core.models.dequantise import arena as arenas
from core.offload.offloaded_model import OffloadedModel
from core.offload.places import Places
from core.planning.plan import Tier
from tests.core.models.packers import PACKERS, mxfp4
from tests.core.offload.copy_engines import FakeCopyEngine
from tests.core.offload.replies import LENGTH, reply_of
from tests.core.packed_models import save_packed
from tests.core.random_models import load

FAMILIES: dict[str, dict[str, Any]] = {
    "llama": {},
    "qwen2": {},
    "qwen3": {"tie_word_embeddings": True},
    "gemma2": {},
    "phi3": {"pad_token_id": 0},
    "mixtral": {"num_local_experts": 3, "num_experts_per_tok": 2},
    "qwen3_moe": {"num_experts": 4, "num_experts_per_tok": 2},
}
CASES = [
    *((name, family) for name, family in zip(PACKERS, cycle(FAMILIES), strict=False)),
    # Random models of the two left out write the same over and over once they are packed as AWQ, whatever the seed.
    *(("AWQ", family) for family in FAMILIES if family not in {"phi3", "gemma2"}),
    ("MXFP4", "gpt_oss"),
]
"""Every format, and every family with several formats."""


@dataclass
class Case:
    folder: Path
    plain: Path
    reply: list[int]


@pytest.fixture(scope="module", params=CASES, ids=" in ".join)
def case(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Case:
    name, family = request.param
    packer = mxfp4() if name == "MXFP4" else PACKERS[name]
    changes = {"num_local_experts": 3, "num_experts_per_tok": 2} if family == "gpt_oss" else FAMILIES[family]
    for seed in range(20):
        packed, plain = save_packed(tmp_path_factory.mktemp("model"), family, changes, packer, seed)
        reply = reply_of(load(plain))
        assert len(reply) == LENGTH
        if len(set(reply)) > 3:
            return Case(packed, plain, reply)
    raise AssertionError("no seed makes a model that writes more than the same over and over")


@pytest.fixture(autouse=True)
def several_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arenas, "DEQUANTISED_BLOCK", 16 * 64)


@pytest.mark.parametrize("packed", [False, True])
def test_resident_it_writes_the_same(case: Case, packed: bool) -> None:
    assert reply_of(load(case.folder, packed=packed)) == case.reply


def test_streamed_it_writes_the_same_and_fewer_bytes_travel(case: Case) -> None:
    model = load(case.folder, streamed=(0, 2), ends=Tier.SSD, experts=Tier.SSD, packed=True)
    plain = load(case.plain, streamed=(0, 2), ends=Tier.SSD, experts=Tier.SSD)
    assert reply_of(model) == reply_of(plain) == case.reply
    assert model.weights.bytes_streamed < plain.weights.bytes_streamed


@pytest.mark.parametrize("packed", [False, True])
def test_on_an_accelerator_it_writes_the_same(case: Case, packed: bool) -> None:
    """No accelerator is here: the CPU's memory stands for its own, behind a fake copy engine."""
    layers = (Tier.VRAM, Tier.RAM, Tier.SSD)
    places = Places(Tier.VRAM, layers, layers, Tier.RAM, Tier.VRAM, Tier.VRAM, 2, 2, 1, packed)
    engine = FakeCopyEngine(lag=0, delay=0)
    spec = open_checkpoint(case.folder)
    loaded: list[int] = []
    model = OffloadedModel(spec, places, torch.float32, torch.device("cpu"), loaded.append, copy_engine=engine)
    assert sum(loaded) == places.loaded_bytes(spec)
    assert reply_of(model) == case.reply
    engine.close()


def test_bytes_are_counted_as_stored_and_weights_as_computed(case: Case) -> None:
    packed, plain = open_checkpoint(case.folder), open_checkpoint(case.plain)
    assert packed.parameters == plain.parameters
    assert packed.bytes < plain.bytes
    assert packed.quantisation
    assert plain.quantisation is None
    assert [layer.weights for layer in packed.layers] == [layer.weights for layer in plain.layers]
