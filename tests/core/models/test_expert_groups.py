"""Mixtures of experts in model folders, each in a file of its own or all together."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

import pytest

from core.models.checkpoint import open_checkpoint
from tests.core.models.folders import (
    gpt_oss_config,
    gpt_oss_shapes,
    mixtral_config,
    mixtral_shapes,
    problem,
    write_model,
)


def test_experts_are_groups_of_their_own(tmp_path: Path) -> None:
    spec = open_checkpoint(write_model(tmp_path / "m", mixtral_config(), mixtral_shapes()))
    assert [len(experts) for experts in spec.expert_groups] == [3, 3]
    expert = spec.expert_groups[1][2]
    assert expert.prefix == "model.layers.1.mlp.experts.2."
    assert {tensor.name: tensor.shape for tensor in expert.tensors} == {
        "gate_proj.weight": (24, 16),
        "up_proj.weight": (24, 16),
        "down_proj.weight": (16, 24),
    }
    assert "mlp.gate.weight" in {tensor.name for tensor in spec.layers[0].tensors}
    assert spec.bytes == sum(2 * math.prod(shape) for shape in mixtral_shapes().values())


def test_experts_that_are_stored_together_are_parts_of_the_same_tensors(tmp_path: Path) -> None:
    spec = open_checkpoint(write_model(tmp_path / "m", gpt_oss_config(), gpt_oss_shapes()))
    first, second, third = spec.expert_groups[0]
    assert {tensor.name: tensor.shape for tensor in second.tensors} == {
        "gate_up_proj": (16, 48),
        "gate_up_proj_bias": (48,),
        "down_proj": (24, 16),
        "down_proj_bias": (16,),
    }
    for one, two, three in zip(first.tensors, second.tensors, third.tensors, strict=True):
        assert one.bytes == two.bytes == 2 * math.prod(two.shape)
        assert (one.offset + one.bytes, two.offset + two.bytes) == (two.offset, three.offset)
    assert spec.bytes == sum(2 * math.prod(shape) for shape in gpt_oss_shapes().values())


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"num_local_experts": 4}, "config.json says 4 experts, but the weights hold 3 of them"),
        ({"num_local_experts": 10**12}, "experts, but the weights hold 3 of them"),
        ({"num_local_experts": None}, "num_local_experts is missing"),
        ({"num_experts_per_tok": 4}, "each token takes 4 of 3 experts"),
        ({"intermediate_size": 8}, "experts.0.gate_proj.weight is 24 x 16 in the weights, but 8 x 16 by config.json"),
    ],
)
def test_experts_that_disagree_with_config_json_are_told(tmp_path: Path, changes: dict[str, Any], why: str) -> None:
    assert why in problem(write_model(tmp_path / "m", mixtral_config(**changes), mixtral_shapes()))


@pytest.mark.parametrize(
    ("name", "shape", "why"),
    [
        ("mlp.experts.gate_up_proj", (2, 16, 48), "is 2 x 16 x 48 in the weights, but 3 x 16 x 48 by config.json"),
        ("mlp.experts.gate_up_proj", (), "is a single number in the weights"),
        ("mlp.experts.down_proj_bias", (10**15, 0), "is 1000000000000000 x 0 in the weights"),
        ("mlp.experts.extra", (3, 16), "Unknown architecture: the weights hold model.layers.0.mlp.experts.extra"),
        ("mlp.router.bias", (2,), "model.layers.0.mlp.router.bias is 2 in the weights, but 3 by config.json"),
    ],
)
def test_fused_experts_of_another_shape_are_told(tmp_path: Path, name: str, shape: tuple[int, ...], why: str) -> None:
    shapes = gpt_oss_shapes() | {f"model.layers.0.{name}": shape}
    assert why in problem(write_model(tmp_path / "m", gpt_oss_config(), shapes))


@pytest.mark.parametrize("name", ["7.w1.weight", "1.w4.weight", "w1.weight", "0.w1.bias"])
def test_a_part_of_no_expert_is_told(tmp_path: Path, name: str) -> None:
    shapes = mixtral_shapes() | {f"model.layers.0.block_sparse_moe.experts.{name}": (24, 16)}
    assert re.search(
        "Unknown architecture|weights hold 4 of them", problem(write_model(tmp_path / "m", mixtral_config(), shapes))
    )


def test_an_expert_that_lacks_a_part_is_told(tmp_path: Path) -> None:
    shapes = mixtral_shapes()
    del shapes["model.layers.1.block_sparse_moe.experts.2.w2.weight"]
    said = problem(write_model(tmp_path / "m", mixtral_config(), shapes))
    assert said == "The weights lack model.layers.1.mlp.experts.2.down_proj.weight."
