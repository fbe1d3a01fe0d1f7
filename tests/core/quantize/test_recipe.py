"""A copy holds every tensor once, in groups that fit, in files whose numbers lie where their dtype wants them."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import BadRequest, UnusableModel
from core.locations import DEMO_TARGET
from core.models.checkpoint import read_tensors
from core.models.spec import DTYPE_BYTES
from core.quantize.recipe import make_recipe
from tests.core.models.packers import PACKERS
from tests.core.packed_models import save_packed
from tests.core.random_models import save_random


@settings(max_examples=20)
@given(
    hidden=st.integers(4, 20),
    width=st.integers(1, 40),
    bits=st.sampled_from((4, 8)),
    group=st.sampled_from((32, 64, 96, 128)),
    shards=st.integers(1, 9),
)
def test_parts_fit_together_for_any_sizes(hidden: int, width: int, bits: int, group: int, shards: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        sizes = {"hidden_size": 8 * hidden, "intermediate_size": width, "head_dim": 16, "num_attention_heads": 2}
        model = save_random(Path(folder), "llama", sizes)
        whole = make_recipe(model, bits, group)
        recipe = make_recipe(model, bits, group, whole.bytes // shards + 1)
        stored = read_tensors(model)
    parts = [part for shard in recipe.shards for part in shard]
    assert len({part.name for part in parts}) == len(parts)
    assert {part.source.name for part in parts} == set(stored)
    assert recipe.bytes == whole.bytes
    assert recipe.source_bytes == sum(tensor.bytes for tensor in stored.values())
    for shard in recipe.shards:
        start = 0
        for part in shard:
            assert start % DTYPE_BYTES[part.dtype] == 0
            start += part.bytes
    for part in parts:
        if part.kind == "scales":
            columns = part.source.shape[1]
            assert columns % part.group == 0
            assert part.shape[1] * part.group == columns
            halved = (group >> times for times in range(4) if group >> times >= 16)
            assert part.group == next((size for size in halved if columns % size == 0), columns)


def test_embedding_norms_head_and_routers_stay(tmp_path: Path) -> None:
    changes = {"num_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 48, "tie_word_embeddings": False}
    recipe = make_recipe(save_random(tmp_path, "qwen3_moe", changes), 4)
    parts = [part for shard in recipe.shards for part in shard]
    copied = {part.name for part in parts if part.kind == "copy"}
    assert {"model.embed_tokens.weight", "lm_head.weight", "model.norm.weight"} <= copied
    inside = copied - {"model.embed_tokens.weight", "lm_head.weight"}
    assert all(name.endswith(("norm.weight", "mlp.gate.weight")) for name in inside)
    assert recipe.kept == ("lm_head", *(f"model.layers.{index}.mlp.gate" for index in range(3)))
    assert sum(part.kind == "words" for part in parts) == 3 * (4 + 4 * 3)


def test_config_json_names_each_size_of_group() -> None:
    groups = make_recipe(DEMO_TARGET, 4).quantization_config()["config_groups"]
    sizes = {tuple(group["targets"]): group["weights"]["group_size"] for group in groups.values()}
    assert sizes == {
        (r"re:.*\.(gate_proj|k_proj|o_proj|q_proj|up_proj|v_proj)$",): 64,
        (r"re:.*\.(down_proj)$",): 32,
    }


@pytest.mark.parametrize("group", [8, 12, 100, 15])
def test_groups_that_cannot_be_are_refused(group: int) -> None:
    with pytest.raises(BadRequest, match=rf"Groups of {group} weights cannot be made\. Write a multiple of 8"):
        make_recipe(DEMO_TARGET, 4, group)


def test_a_quantised_model_is_refused(tmp_path: Path) -> None:
    packed, _ = save_packed(tmp_path, "llama", {}, PACKERS["GPTQ 4-bit"])
    with pytest.raises(UnusableModel, match=r"packed is quantised already \(GPTQ 4-bit\)\."):
        make_recipe(packed, 4)


def test_experts_that_lie_together_are_refused(tmp_path: Path) -> None:
    model = save_random(tmp_path, "gpt_oss", {"num_local_experts": 3, "num_experts_per_tok": 2, "head_dim": 16})
    with pytest.raises(UnusableModel, match="keeps its experts in tensors of all together"):
        make_recipe(model, 4)
