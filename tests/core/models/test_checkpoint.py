"""Model folders, and what is read of them."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from core.locations import DEMO_TARGET
from core.models.checkpoint import open_checkpoint
from tests.core.models.folders import (
    LLAMA_70B,
    gemma3_config,
    gemma3_shapes,
    llama_shapes,
    problem,
    tiny_config,
    write_model,
    write_sharded_model,
)

ROOT = Path(__file__).parents[3]


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
