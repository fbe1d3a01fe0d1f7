"""Modules are built from what config.json says, or the reason is told why not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from core.errors import UnusableModel
from core.models.checkpoint import open_checkpoint
from core.models.transformer import Transformer
from tests.core.models.folders import gpt_oss_config, gpt_oss_shapes, mixtral_config, mixtral_shapes, write_model

CPU = torch.device("cpu")


def test_places_are_those_of_the_files_and_experts_have_their_own(tmp_path: Path) -> None:
    mixtral = open_checkpoint(write_model(tmp_path / "mixtral", mixtral_config(), mixtral_shapes()))
    oss = open_checkpoint(write_model(tmp_path / "oss", gpt_oss_config(), gpt_oss_shapes()))
    for spec in (mixtral, oss):
        modules = Transformer(spec, CPU)
        for slots, layer in zip(modules.layers, spec.layers, strict=True):
            assert slots.names == {tensor.name for tensor in layer.tensors}
        assert all(place is not None for place in modules.experts)


@pytest.mark.parametrize(
    "changes",
    [
        {"rms_norm_eps": "small"},
        {"hidden_act": "nope"},
        {"layer_types": ["full_attention"]},
        {"pad_token_id": 1000},
        {"rope_scaling": [1]},
        {"rope_scaling": {"rope_type": "nope"}},
        {"per_layer_config": {"0": {"hidden_size": 7}}},
    ],
)
def test_a_config_that_transformers_cannot_build_is_told(tmp_path: Path, changes: dict[str, Any]) -> None:
    spec = open_checkpoint(write_model(tmp_path / "m", mixtral_config(), mixtral_shapes()))
    with pytest.raises(UnusableModel, match=r"m cannot be built from its config\.json: ") as caught:
        Transformer(replace(spec, config=spec.config | changes), CPU)
    assert "\n" not in str(caught.value)
