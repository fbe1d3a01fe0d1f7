"""What packed weights take: stored bytes where they travel or stay packed, computed ones where they are dequantised."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.models.checkpoint import open_checkpoint
from core.models.spec import ModelSpec
from core.planning.weights import Streams, Weights
from tests.core.models.packers import PACKERS
from tests.core.packed_models import save_packed

NOTHING = Streams(layers=False, experts=False, head=False, embedding=False)
LAYERS = Streams(layers=True, experts=False, head=False, embedding=False)


@pytest.fixture(scope="module")
def specs(tmp_path_factory: pytest.TempPathFactory) -> tuple[ModelSpec, ModelSpec]:
    packed, plain = save_packed(Path(tmp_path_factory.mktemp("model")), "llama", {}, PACKERS["GPTQ 4-bit"])
    return open_checkpoint(packed), open_checkpoint(plain)


def test_dequantised_at_load_they_take_what_plain_ones_take(specs: tuple[ModelSpec, ModelSpec]) -> None:
    packed, plain = (Weights.of(spec, "bfloat16") for spec in specs)
    assert packed.resident == plain.resident == plain.computed
    assert packed.scratch(NOTHING) == 0


def test_kept_packed_they_take_their_bytes_and_one_layer_of_scratch(specs: tuple[ModelSpec, ModelSpec]) -> None:
    kept = Weights.of(specs[0], "bfloat16", packed=True)
    assert kept.resident.layers == kept.stored.layers
    assert kept.resident.total < Weights.of(specs[0], "bfloat16").resident.total
    assert kept.scratch(NOTHING) == max(kept.computed.layers)


def test_streamed_they_travel_packed_and_need_one_layer_of_scratch(specs: tuple[ModelSpec, ModelSpec]) -> None:
    packed, plain = (Weights.of(spec, "float32") for spec in specs)
    assert max(packed.stored.layers) < max(plain.stored.layers) / 3
    assert packed.ring(LAYERS) < plain.ring(LAYERS)
    assert packed.scratch(LAYERS) == max(packed.computed.layers)
    assert packed.unpacked.total == sum(weight.elements for layer in specs[0].layers for weight in layer.packed)
