"""Packed checkpoints that cannot be: one clear sentence each, and nothing else whatever the file says."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file
from torch import Tensor

from core.errors import UnusableModel
from core.models.checkpoint import open_checkpoint
from tests.core.models.packers import PACKERS, mxfp4
from tests.core.packed_models import save_packed

Q_PROJ = "model.layers.0.self_attn.q_proj."


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[dict[str, Any], dict[str, Tensor]]]:
    """config.json and tensors of a checkpoint in some formats."""
    made = {}
    for name in ("GPTQ 4-bit", "GPTQ act-order", "AWQ", "fp8 blocks", "MXFP4"):
        family = "gpt_oss" if name == "MXFP4" else "llama"
        changes = {"num_local_experts": 2, "num_experts_per_tok": 1} if name == "MXFP4" else {}
        packer = mxfp4() if name == "MXFP4" else PACKERS[name]
        folder, _ = save_packed(tmp_path_factory.mktemp("model"), family, changes, packer)
        made[name] = json.loads((folder / "config.json").read_text()), load_file(folder / "model.safetensors")
    return made


def write(folder: Path, config: dict[str, Any], tensors: dict[str, Tensor]) -> Path:
    (folder / "config.json").write_text(json.dumps(config))
    save_file(tensors, folder / "model.safetensors")
    return folder


def refusal(folder: Path) -> str:
    with pytest.raises(UnusableModel) as caught:
        open_checkpoint(folder)
    assert caught.value.remedy.endswith(".")
    return caught.value.what


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("GPTQ 4-bit", f"{Q_PROJ}scales"),
        ("GPTQ 4-bit", f"{Q_PROJ}qzeros"),
        ("GPTQ act-order", f"{Q_PROJ}g_idx"),
        ("AWQ", f"{Q_PROJ}scales"),
        ("AWQ", f"{Q_PROJ}qzeros"),
        ("fp8 blocks", f"{Q_PROJ}weight_scale_inv"),
        ("MXFP4", "model.layers.0.mlp.experts.gate_up_proj_scales"),
    ],
)
def test_a_missing_part_is_named(whole: Any, name: str, part: str, tmp_path: Path) -> None:
    config, tensors = whole[name]
    said = refusal(write(tmp_path, config, {key: value for key, value in tensors.items() if key != part}))
    assert said == f"The weights lack {part}, without which they cannot be unpacked."


@pytest.mark.parametrize(
    ("name", "changes", "words"),
    [
        ("GPTQ 4-bit", {"quant_method": "squeeze"}, "a way that Penjing does not know (squeeze)"),
        ("GPTQ 4-bit", {"group_size": 16}, "of 4 groups by the group size in config.json"),
        ("GPTQ 4-bit", {"group_size": 0}, "groups of 0 inputs"),
        ("GPTQ 4-bit", {"group_size": "128"}, "group_size of its quantization_config is '128'"),
        ("GPTQ 4-bit", {"bits": 3}, "GPTQ of 3 bits"),
        ("GPTQ 4-bit", {"bits": 8}, "qweight is 8 x 64 in the weights, but must be 16 x 64"),
        ("GPTQ 4-bit", {"checkpoint_format": "marlin"}, "GPTQ stored for marlin"),
        ("AWQ", {"version": "gemv"}, "AWQ stored for its gemv kernels"),
        ("AWQ", {"bits": 8}, "AWQ of 8 bits"),
        ("fp8 blocks", {"weight_block_size": [128]}, "blocks of [128]"),
        ("fp8 blocks", {"weight_block_size": [8, 8]}, "weight_scale_inv is 4 x 2 in the weights, but must be 8 x 8"),
    ],
)
def test_wrong_settings_are_told(whole: Any, name: str, changes: dict[str, Any], words: str, tmp_path: Path) -> None:
    config, tensors = whole[name]
    settings_of = config["quantization_config"] | changes
    assert words in refusal(write(tmp_path, config | {"quantization_config": settings_of}, tensors))


@pytest.mark.parametrize("name", ["GPTQ 4-bit", "AWQ", "fp8 blocks", "MXFP4"])
@given(data=st.data())
@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_the_settings_it_opens_or_is_refused(
    whole: Any, name: str, tmp_path: Path, data: st.DataObject
) -> None:
    config, tensors = whole[name]
    lists = st.lists(st.integers(-1, 64), max_size=3)
    values = st.none() | st.integers(-4, 300) | st.text(max_size=4) | st.booleans() | lists
    keys = st.sampled_from([*config["quantization_config"], "dynamic", "weight_block_size", "q_group_size"])
    drawn = data.draw(st.dictionaries(keys, values, min_size=1, max_size=3))
    left_out = data.draw(st.sets(st.sampled_from(sorted(tensors)), max_size=1))
    kept = {key: value for key, value in tensors.items() if key not in left_out}
    folder = write(tmp_path, config | {"quantization_config": config["quantization_config"] | drawn}, kept)
    with suppress(UnusableModel):
        open_checkpoint(folder)


def test_a_packed_head_of_which_no_rows_are_to_be_had_is_refused(whole: Any, tmp_path: Path) -> None:
    config, tensors = whole["GPTQ 4-bit"]
    changed = {key: value for key, value in tensors.items() if key != "lm_head.weight"}
    for name, shape in (("qweight", (8, 64)), ("qzeros", (2, 8)), ("scales", (2, 64))):
        changed[f"lm_head.{name}"] = torch.zeros(shape, dtype=torch.float16 if name == "scales" else torch.int32)
    changed["model.embed_tokens.weight"] = torch.zeros(64, 64)
    folder = write(tmp_path, config | {"vocab_size": 64, "tie_word_embeddings": False}, changed)
    assert "lm_head.weight is quantised in a way from which no rows can be cut out" in refusal(folder)
