"""Modules are built from what config.json says, or the reason is told why not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor

from core.errors import UnusableModel
from core.models.checkpoint import open_checkpoint
from core.models.piece import Piece
from core.models.sight import Sight
from core.models.transformer import Transformer
from core.trees.cache import TreeCache
from tests.core.models.folders import gpt_oss_config, gpt_oss_shapes, mixtral_config, mixtral_shapes, write_model
from tests.core.random_models import save_random

CPU = torch.device("cpu")


class RecordingSource:
    """The experts of a layer out of its file, and which of them were asked for."""

    def __init__(self, weights: Mapping[str, Tensor], prefix: str) -> None:
        self._weights = weights
        self._prefix = prefix
        self.asked: list[list[int]] = []

    def weights(self, chosen: Sequence[int]) -> Iterator[Mapping[str, Tensor]]:
        self.asked.append(list(chosen))
        for expert in chosen:
            start = f"{self._prefix}mlp.experts.{expert}."
            yield {name.removeprefix(start): part for name, part in self._weights.items() if name.startswith(start)}


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


@torch.inference_mode()
def test_rows_of_padding_change_nothing_and_fetch_no_experts(tmp_path: Path) -> None:
    spec = open_checkpoint(save_random(tmp_path, "qwen3_moe", {"num_experts": 16, "num_experts_per_tok": 2}))
    weights = load_file(tmp_path / "model.safetensors")
    modules = Transformer(spec, CPU)
    prefix = spec.layers[0].prefix
    modules.layers[0].fill({tensor.name: weights[prefix + tensor.name] for tensor in spec.layers[0].tensors})
    place = modules.experts[0]
    assert place is not None
    place.source = source = RecordingSource(weights, prefix)
    torch.manual_seed(0)
    hidden = torch.randn(1, 9, spec.hidden_size)
    states = []
    for padding in (0, 6):
        visible = torch.ones(3, 3, dtype=torch.bool).tril()
        view = Sight(0, 0, visible, padding, torch.float32, CPU)
        piece = Piece(3, hidden[:, : 3 + padding], torch.arange(3 + padding)[None], view)
        cache = TreeCache(len(spec.layers), spec.kv_heads, spec.head_dim, 3, torch.float32, CPU)
        modules.run_layer(0, piece, cache)
        states.append(piece.hidden[:, :3])
    torch.testing.assert_close(states[0], states[1])
    assert source.asked[0] == source.asked[1]
    assert len(source.asked[0]) < 7
