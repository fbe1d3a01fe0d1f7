"""Every kind of broken model folder is told by what is wrong with it."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

from core.models.checkpoint import open_checkpoint
from tests.core.models.folders import (
    gpt_oss_config,
    gpt_oss_shapes,
    llama_shapes,
    problem,
    tiny_config,
    write_model,
    write_safetensors,
    write_sharded_model,
)

ROOT = Path(__file__).parents[3]


def test_a_folder_that_is_no_model_says_what_it_is(tmp_path: Path) -> None:
    assert "There is no folder" in problem(tmp_path / "nowhere")
    assert "holds no config.json" in problem(tmp_path)
    (tmp_path / "model.gguf").touch()
    assert "ends within its header" in problem(tmp_path)
    (tmp_path / "model.gguf").unlink()
    (tmp_path / "adapter_config.json").touch()
    assert "LoRA adapter" in problem(tmp_path)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{", "is not valid JSON"),
        ("[" * 100_000, "is not valid JSON"),
        ("[]", "is not a JSON object"),
        ("{}", "does not say which model it is"),
        ('{"model_type": 7}', "does not say which model it is"),
    ],
)
def test_a_broken_config_is_told(tmp_path: Path, text: str, why: str) -> None:
    write_model(tmp_path)
    (tmp_path / "config.json").write_text(text)
    assert why in problem(tmp_path)


def test_an_unreadable_config_is_told(tmp_path: Path) -> None:
    (tmp_path / "config.json").mkdir()
    assert "config.json cannot be read: Is a directory" in problem(tmp_path)


def test_a_folder_that_the_system_refuses_to_look_into_is_told(tmp_path: Path) -> None:
    folder = tmp_path / ("x" * 300)  # Too long a name is refused to every user, root included.
    assert re.search("cannot be read: File name too long|There is no folder", problem(folder))


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"hidden_size": None}, "hidden_size is missing"),
        ({"hidden_size": 16.0}, "hidden_size is 16.0"),
        ({"num_hidden_layers": 0}, "num_hidden_layers is 0"),
        ({"vocab_size": "32"}, "vocab_size is '32'"),
        ({"num_attention_heads": 3}, "a hidden size of 16 cannot be shared by 3 heads"),
        ({"num_key_value_heads": 3}, "4 heads cannot share 3 key-value heads"),
        ({"num_hidden_layers": 3}, "config.json says 3 layers, but the weights hold 2"),
        ({"num_hidden_layers": 10**15}, "layers, but the weights hold 2"),
        ({"vocab_size": 40}, "model.embed_tokens.weight is 32 x 16 in the weights, but 40 x 16 by config.json"),
        ({"intermediate_size": 32}, "model.layers.0.mlp.gate_proj.weight is 24 x 16 in the weights, but 32 x 16"),
        ({"num_key_value_heads": 4}, "model.layers.0.self_attn.k_proj.weight is 8 x 16 in the weights, but 16 x 16"),
        ({"head_dim": 8}, "model.layers.0.self_attn.q_proj.weight is 16 x 16 in the weights, but 32 x 16"),
        ({"attention_bias": True}, "lack model.layers.0.self_attn.q_proj.bias, "),
    ],
)
def test_a_config_that_disagrees_with_the_file_names_what_differs(
    tmp_path: Path, changes: dict[str, Any], why: str
) -> None:
    folder = write_model(tmp_path / "m", tiny_config(**changes), llama_shapes(tiny_config()))
    assert why in problem(folder)


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("model.layers.1.mlp.up_proj.weight", "The weights lack model.layers.1.mlp.up_proj.weight."),
        ("model.norm.weight", "The weights lack model.norm.weight."),
        ("model.embed_tokens.weight", "The weights lack model.embed_tokens.weight."),
    ],
)
def test_a_missing_tensor_is_named(tmp_path: Path, name: str, why: str) -> None:
    shapes = llama_shapes(tiny_config())
    del shapes[name]
    assert problem(write_model(tmp_path / "m", shapes=shapes)) == why


@pytest.mark.parametrize(
    "name", ["model.layers.1.self_attn.q_norm.weight", "vision_tower.weight", "model.embed_tokens.bias"]
)
def test_a_tensor_too_many_makes_an_unknown_architecture(tmp_path: Path, name: str) -> None:
    said = problem(write_model(tmp_path / "m", shapes=llama_shapes(tiny_config()) | {name: (16,)}))
    assert said.startswith("Unknown architecture")
    assert name in said


def test_a_gap_in_the_layers_is_told(tmp_path: Path) -> None:
    shapes = {name.replace(".layers.1.", ".layers.2."): shape for name, shape in llama_shapes(tiny_config()).items()}
    assert "The weights of layer 1 are missing" in problem(write_model(tmp_path / "m", shapes=shapes))


def test_an_unknown_family_is_refused_and_the_known_ones_are_named(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "m", tiny_config(model_type="mamba"))
    assert problem(folder) == "Unknown architecture: models of the family mamba are not supported yet."


def test_code_in_a_model_folder_is_never_run(tmp_path: Path) -> None:
    config = tiny_config(model_type="own", auto_map={"AutoModelForCausalLM": "modeling_own.Model"})
    folder = write_model(tmp_path / "m", config)
    (folder / "modeling_own.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')")
    assert "Penjing never runs code from a model folder" in problem(folder)
    known = write_model(tmp_path / "known", tiny_config(auto_map={"AutoModelForCausalLM": "modeling_own.Model"}))
    (known / "modeling_own.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')")
    assert open_checkpoint(known).family == "llama"
    assert not (tmp_path / "ran").exists()


def test_a_model_that_does_not_write_is_refused(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "m", tiny_config(architectures=["LlamaForSequenceClassification"]))
    assert problem(folder) == "This is a LlamaForSequenceClassification, which cannot write text."


@pytest.mark.parametrize("name", ["pytorch_model.bin", "consolidated.00.pth", "model.pt"])
def test_pickle_weights_are_refused_with_the_reason(tmp_path: Path, name: str) -> None:
    folder = write_model(tmp_path / "m")
    (folder / "model.safetensors").rename(folder / name)
    said = problem(folder)
    assert name in said
    assert "can run any program code" in said


def test_a_folder_without_weights_says_so(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "m")
    (folder / "model.safetensors").unlink()
    assert "holds neither model.safetensors nor model.safetensors.index.json" in problem(folder)


def test_what_config_says_of_packed_weights_need_not_hold_for_any(tmp_path: Path) -> None:
    config = gpt_oss_config(quantization_config={"quant_method": "mxfp4", "modules_to_not_convert": ["lm_head"]})
    assert open_checkpoint(write_model(tmp_path / "m", config, gpt_oss_shapes())).quantisation is None


def test_fp8_weights_of_which_nobody_says_how_they_are_scaled_are_refused(tmp_path: Path) -> None:
    assert "quantised (F8_E4M3)" in problem(write_model(tmp_path / "bare", dtype="F8_E4M3"))
    config = tiny_config(quantization_config={"quant_method": "fp8", "weight_block_size": [128, 128]})
    assert "lack model.layers.0.self_attn.q_proj.weight_scale" in problem(
        write_model(tmp_path / "scales", config, dtype="F8_E4M3")
    )


@pytest.mark.parametrize("quantisation", [{"bits": 4}, {"quant_method": "eetq"}, {"quant_method": 7}, "fp8", {}])
def test_unknown_ways_to_quantise_are_refused(tmp_path: Path, quantisation: Any) -> None:
    config = tiny_config(quantization_config=quantisation)
    if quantisation:
        assert "quanti" in problem(write_model(tmp_path / "m", config))
    else:
        assert open_checkpoint(write_model(tmp_path / "m", config)).quantisation is None


def test_weights_in_whole_numbers_are_taken_for_quantised(tmp_path: Path) -> None:
    assert "quantised (I8)" in problem(write_model(tmp_path / "m", dtype="I8"))


def test_a_truncated_file_is_told_by_name(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "m")
    os.truncate(folder / "model.safetensors", (folder / "model.safetensors").stat().st_size - 100)
    assert "model.safetensors is 100 bytes shorter than its header says" in problem(folder)


def test_missing_shards_are_counted_and_named(tmp_path: Path) -> None:
    folder = write_sharded_model(tmp_path / "m", tiny_config(), shards=6)
    for number in (2, 3, 5, 6):
        (folder / f"model-{number:05}-of-00006.safetensors").unlink()
    said = problem(folder)
    assert "4 of the model's 6 files of weights are missing: model-00002-of-00006.safetensors" in said
    assert "and 1 more" in said


@pytest.mark.parametrize("shard", ["../other.safetensors", "/etc/passwd", "sub/a.safetensors", "weights.bin"])
def test_an_index_cannot_lead_out_of_the_folder(tmp_path: Path, shard: str) -> None:
    folder = write_sharded_model(tmp_path / "m", tiny_config(), shards=1)
    write_safetensors(tmp_path / "other.safetensors", llama_shapes(tiny_config()))
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": {"model.norm.weight": shard}}))
    assert "no safetensors file beside it" in problem(folder)


@pytest.mark.parametrize("index", [{}, {"weight_map": {}}, {"weight_map": []}, {"weight_map": {"a": 1}}])
def test_an_index_without_places_is_refused(tmp_path: Path, index: Any) -> None:
    folder = write_sharded_model(tmp_path / "m", tiny_config(), shards=2)
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    assert "does not say which file holds which tensor" in problem(folder)


def test_an_index_that_names_the_wrong_file_is_refused(tmp_path: Path) -> None:
    folder = write_sharded_model(tmp_path / "m", tiny_config(), shards=2)
    index = json.loads((folder / "model.safetensors.index.json").read_text())
    index["weight_map"]["model.norm.weight"] = "model-00001-of-00002.safetensors"
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    assert "model-00001-of-00002.safetensors lacks model.norm.weight" in problem(folder)
