"""Model folders, whole ones and every kind of broken one."""

from __future__ import annotations

import json
import math
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from core.errors import UnusableModel
from core.locations import DEMO_TARGET
from core.models.checkpoint import open_checkpoint
from tests.core.models.folders import (
    LLAMA_70B,
    gemma3_config,
    gemma3_shapes,
    gpt_oss_config,
    gpt_oss_shapes,
    llama_shapes,
    mixtral_config,
    mixtral_shapes,
    tiny_config,
    write_model,
    write_safetensors,
    write_sharded_model,
)

ROOT = Path(__file__).parents[3]


def problem(folder: Path) -> str:
    with pytest.raises(UnusableModel) as caught:
        open_checkpoint(folder)
    assert caught.value.remedy.endswith(".")
    return caught.value.what


def test_a_model_is_what_its_files_say(tmp_path: Path) -> None:
    spec = open_checkpoint(write_model(tmp_path / "tiny"))
    assert (spec.name, spec.family, spec.dtype, spec.quantisation) == ("tiny", "llama", "BF16", None)
    assert (spec.hidden_size, spec.intermediate_size, spec.vocabulary, spec.context_limit) == (16, 24, 32, 128)
    assert (spec.heads, spec.kv_heads, spec.head_dim) == (4, 2, 4)
    assert len(spec.layers) == 2
    assert not spec.tied_embeddings
    parameters = 2 * 32 * 16 + 16 + 2 * (2 * 16 + 2 * 16 * 16 + 2 * 8 * 16 + 3 * 24 * 16)
    assert spec.parameters == parameters
    assert spec.bytes == 2 * parameters


def test_prefix_and_name_are_the_name_in_the_file(tmp_path: Path) -> None:
    spec = open_checkpoint(write_model(tmp_path / "tiny"))
    names = {group.prefix + tensor.name for group in spec.groups for tensor in group.tensors}
    assert names == llama_shapes(tiny_config()).keys()
    assert {tensor.name for tensor in spec.layers[0].tensors} == {tensor.name for tensor in spec.layers[1].tensors}


def test_the_demo_target_opens() -> None:
    spec = open_checkpoint(DEMO_TARGET)
    assert spec.name == "penjing-demo"
    assert spec.tied_embeddings
    assert spec.bytes < (DEMO_TARGET / "model.safetensors").stat().st_size


def test_a_model_of_80_layers_in_30_files_opens_within_100_ms(tmp_path: Path) -> None:
    folder = write_sharded_model(tmp_path / "70B", LLAMA_70B, shards=30)
    seconds = []
    for _ in range(3):
        start = time.perf_counter()
        spec = open_checkpoint(folder)
        seconds.append(time.perf_counter() - start)
    assert min(seconds) < 0.1
    assert sum(len(group.tensors) for group in spec.groups) == 723
    assert spec.parameters == 70_553_706_496
    assert len({tensor.file for group in spec.groups for tensor in group.tensors}) == 30


def test_opening_needs_no_torch() -> None:
    check = "import sys, core.models.checkpoint; sys.exit(bool({'torch', 'transformers'} & sys.modules.keys()))"
    subprocess.run([sys.executable, "-c", check], check=True, cwd=ROOT)


@pytest.mark.parametrize(
    ("family", "changes"),
    [
        ("llama", {"attention_bias": True, "mlp_bias": True}),
        ("mistral", {"sliding_window": 64}),
        ("qwen2", {"tie_word_embeddings": True}),
        ("qwen3", {"head_dim": 8}),
        ("granite", {"logits_scaling": 2.0}),
        ("olmo2", {}),
        ("phi3", {"pad_token_id": 0}),
        ("gemma2", {"head_dim": 8, "sliding_window": 64}),
        ("gemma3_text", {"head_dim": 8, "tie_word_embeddings": False}),
        ("mixtral", {"num_local_experts": 3}),
        ("qwen3_moe", {"num_experts": 3, "num_experts_per_tok": 2, "moe_intermediate_size": 8, "mlp_only_layers": [0]}),
        ("gpt_oss", {"num_local_experts": 3, "num_experts_per_tok": 2, "head_dim": 8}),
    ],
)
def test_families_are_laid_out_as_transformers_saves_them(tmp_path: Path, family: str, changes: dict[str, Any]) -> None:
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    settings = tiny_config(architectures=None, model_type=None) | changes
    config = transformers.AutoConfig.for_model(family, **settings)
    model = transformers.AutoModelForCausalLM.from_config(config, dtype=torch.bfloat16)
    model.save_pretrained(tmp_path)
    spec = open_checkpoint(tmp_path)
    assert spec.parameters == sum(weight.numel() for weight in model.parameters())
    assert spec.tied_embeddings == config.tie_word_embeddings
    assert spec.sliding_window == getattr(config, "sliding_window", None)
    assert spec.context_limit == config.max_position_embeddings
    assert spec.experts == getattr(config, "num_local_experts", 0)
    assert spec.experts_per_token == getattr(config, "num_experts_per_tok", 0)


@pytest.mark.parametrize(
    ("text", "head"), [("language_model.model.", "language_model."), ("model.language_model.", "")]
)
@pytest.mark.parametrize("tied", [True, False])
def test_of_a_model_with_images_the_part_is_taken_that_writes(tmp_path: Path, text: str, head: str, tied: bool) -> None:
    config = gemma3_config(tie_word_embeddings=tied)
    alone = gemma3_shapes(config["text_config"], tied)
    vision = {"vision_tower.a.weight": (3, 5), "multi_modal_projector.b": (7,)}
    if not head:
        vision = {f"model.{name}": shape for name, shape in vision.items()}
    shapes = {
        name.replace("model.", text, 1) if name.startswith("model.") else head + name: shape
        for name, shape in alone.items()
    }
    spec = open_checkpoint(write_model(tmp_path / "m", config, shapes | vision))
    assert (spec.family, spec.hidden_size, spec.heads, spec.head_dim, spec.vocabulary) == (
        "gemma3_text",
        16,
        8,
        256,
        32,
    )
    assert spec.tied_embeddings == tied
    assert spec.config["eos_token_id"] == [1, 106]
    assert {group.prefix + tensor.name for group in spec.groups for tensor in group.tensors} == alone.keys()
    # Beside a text model alone they would be of another architecture.
    lonely = config["text_config"] | {"model_type": "gemma3_text", "tie_word_embeddings": tied}
    assert "Unknown architecture" in problem(write_model(tmp_path / "text", lonely, alone | vision))
    strange = {"audio_tower.weight": (3,)}
    assert "Unknown architecture" in problem(write_model(tmp_path / "strange", config, shapes | strange))


def test_a_model_with_images_whose_description_lacks_the_text_part_is_refused(tmp_path: Path) -> None:
    for text in (None, 7, {"model_type": "llama"}):
        config = gemma3_config(text_config=text)
        assert "text_config" in problem(write_model(tmp_path / "m", config, {"model.norm.weight": (16,)}))


def test_a_tensor_under_two_of_its_names_is_refused(tmp_path: Path) -> None:
    shapes = {"language_model.model.norm.weight": (16,), "model.norm.weight": (16,)}
    assert "twice" in problem(write_model(tmp_path / "m", gemma3_config(), shapes))


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


def test_where_a_model_would_turn_positions_otherwise_its_context_ends(tmp_path: Path) -> None:
    rotary = {"type": "longrope", "short_factor": [1.0, 1.0], "long_factor": [2.0, 2.0]}
    config = tiny_config(rope_scaling=rotary | {"original_max_position_embeddings": 64})
    assert open_checkpoint(write_model(tmp_path / "m", config)).context_limit == 64


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"use_bidirectional_attention": True}, "reads texts in both directions"),
        ({"layer_types": ["full_attention", "linear_attention"]}, "names kinds of layers"),
        ({"layer_types": 7}, "names kinds of layers"),
    ],
)
def test_layers_of_another_kind_are_refused(tmp_path: Path, changes: dict[str, Any], why: str) -> None:
    assert why in problem(write_model(tmp_path / "m", tiny_config(**changes)))


def test_heads_without_groups_and_head_size_follow_from_the_rest(tmp_path: Path) -> None:
    config = tiny_config(num_key_value_heads=None)
    spec = open_checkpoint(write_model(tmp_path / "old", config))
    assert (spec.kv_heads, spec.head_dim) == (4, 4)


@pytest.mark.parametrize(
    ("family", "changes", "window"),
    [
        ("mistral", {}, 4096),
        ("mistral", {"sliding_window": 512}, 512),
        ("qwen2", {"sliding_window": 512, "use_sliding_window": False}, None),
        ("llama", {"sliding_window": 512}, None),
    ],
)
def test_a_window_holds_only_where_the_family_uses_it(
    tmp_path: Path, family: str, changes: dict[str, Any], window: int | None
) -> None:
    config = tiny_config(model_type=family) | changes
    shapes = llama_shapes(config)
    if family == "qwen2":
        for layer in range(2):
            shapes |= {f"model.layers.{layer}.self_attn.{part}_proj.bias": (8,) for part in "kv"}
            shapes[f"model.layers.{layer}.self_attn.q_proj.bias"] = (16,)
    assert open_checkpoint(write_model(tmp_path / "m", config, shapes)).sliding_window == window


def test_a_tied_head_is_known_by_its_absence_not_by_the_flag(tmp_path: Path) -> None:
    config = tiny_config(tie_word_embeddings=True)
    with_head = write_model(tmp_path / "with", config, llama_shapes(config))
    without_head = write_model(tmp_path / "without", tiny_config(), llama_shapes(config, head=False))
    assert not open_checkpoint(with_head).tied_embeddings
    assert open_checkpoint(without_head).tied_embeddings
    promised = tiny_config(tie_word_embeddings=False)
    assert "lack lm_head.weight" in problem(
        write_model(tmp_path / "promised", promised, llama_shapes(promised, head=False))
    )


def test_tables_that_old_checkpoints_carry_are_left_out(tmp_path: Path) -> None:
    shapes = llama_shapes(tiny_config()) | {"model.layers.0.self_attn.rotary_emb.inv_freq": (2,)}
    assert open_checkpoint(write_model(tmp_path / "old", shapes=shapes)).layers[0].bytes == 2 * 1952


def test_a_folder_in_the_hugging_face_cache_is_named_for_its_repository(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "models--someone--Some-Model" / "snapshots" / "0123abcd")
    assert open_checkpoint(folder).name == "Some-Model"


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
