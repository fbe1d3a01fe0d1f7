"""A copy stands for the same weights wherever it is opened, appears whole or not at all, and goes on where it ended."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from filelock import FileLock
from safetensors.torch import load_file, save_file
from torch import Tensor

from core.errors import BadRequest, Cancelled, DiskFull, UnusableModel
from core.models.checkpoint import open_checkpoint
from core.quantize import job
from core.quantize.job import RECORD, Done, quantise, sha256
from core.quantize.recipe import SHARD, make_recipe
from tests.core.offload.replies import reply_of
from tests.core.random_models import load, save_random

SIZES = {"hidden_size": 96, "intermediate_size": 80, "head_dim": 16, "num_attention_heads": 4}
"""Of these 96 is a multiple of 32 and 80 of 16."""

FAMILIES: dict[str, dict[str, Any]] = {
    "llama": {},
    "phi3": {"pad_token_id": 0},
    "gemma3": {},
    "mixtral": {"num_local_experts": 3, "num_experts_per_tok": 2},
    "qwen3_moe": {"num_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 48},
}


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = save_random(tmp_path / "model", "llama", SIZES)
    (folder / "tokenizer.json").write_text("{}")
    (folder / "LICENSE").write_text("Do what you like.")
    (folder / "pytorch_model.bin").write_text("never opened")
    return folder


def make(source: Path, out: Path, bits: int = 4, shard: int = SHARD, **options: Any) -> Done:
    return quantise(make_recipe(source, bits, shard=shard), out, **options)


def tensors_of(folder: Path) -> dict[str, Tensor]:
    return {name: tensor for file in folder.glob("*.safetensors") for name, tensor in load_file(file).items()}


def unpacked(folder: Path) -> dict[str, Tensor]:
    """All weights of a copy as compressed-tensors understands them."""
    compressors = pytest.importorskip("compressed_tensors.compressors")
    from compressed_tensors.quantization import QuantizationConfig

    described = json.loads((folder / "config.json").read_text())["quantization_config"]
    schemes = {
        scheme.weights.group_size: scheme
        for scheme in QuantizationConfig.model_validate(described).config_groups.values()
    }
    stored, weights = tensors_of(folder), {}
    for name, tensor in stored.items():
        module, _, part = name.rpartition(".")
        if part == "weight_packed":
            state = {each: stored[f"{module}.{each}"] for each in ("weight_packed", "weight_scale", "weight_shape")}
            rows, columns = state["weight_shape"].tolist()
            every = columns // state["weight_scale"].shape[1]
            scheme = schemes[every if every in schemes else None]
            made = compressors.PackedQuantizationCompressor.decompress(state, scheme)["weight"]
            assert made.shape == (rows, columns)
            weights[f"{module}.weight"] = made
        elif not part.startswith("weight_"):
            weights[name] = tensor
    return weights


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def ends_after(pieces: int) -> Callable[[], bool]:
    """Answers that it is time to stop once it was asked so often."""
    asked = iter(range(pieces))
    return lambda: next(asked, None) is None


@pytest.mark.parametrize("bits", [4, 8])
@pytest.mark.parametrize("family", FAMILIES)
def test_it_writes_what_its_weights_write_as_another_library_unpacks_them(
    tmp_path: Path, family: str, bits: int
) -> None:
    source = save_random(tmp_path / "source", family, SIZES | FAMILIES[family])
    make(source, tmp_path / "copy", bits)
    weights, before = unpacked(tmp_path / "copy"), tensors_of(source)
    assert weights.keys() == before.keys()
    worst = {4: 0.15, 8: 0.012}[bits]
    for name, weight in weights.items():
        assert (weight - before[name]).norm() <= worst * before[name].norm()
    plain = save_random(tmp_path / "plain", family, SIZES | FAMILIES[family])
    save_file({name: tensor.contiguous() for name, tensor in weights.items()}, plain / "model.safetensors")
    assert reply_of(load(tmp_path / "copy", streamed=(1,))) == reply_of(load(plain))


def test_transformers_opens_it(model: Path, tmp_path: Path) -> None:
    pytest.importorskip("compressed_tensors")
    from transformers import AutoModelForCausalLM

    make(model, tmp_path / "copy")
    copy = AutoModelForCausalLM.from_pretrained(tmp_path / "copy", dtype=torch.float32)
    plain = AutoModelForCausalLM.from_pretrained(model, dtype=torch.float32)
    plain.load_state_dict(unpacked(tmp_path / "copy"), strict=False)
    text = torch.arange(20)[None]
    with torch.no_grad():
        torch.testing.assert_close(copy(text).logits, plain(text).logits)


def test_what_belongs_to_a_model_goes_along_and_the_source_is_left_alone(model: Path, tmp_path: Path) -> None:
    before = contents(model)
    done = make(model, tmp_path / "a" / "copy", shard=30_000)
    assert contents(model) == before
    assert sorted(file.name for file in done.folder.parent.iterdir()) == ["copy"]
    found = contents(done.folder)
    weights = {name for name in found if name.endswith(".safetensors")}
    assert len(weights) == done.files > 2
    beside = {"tokenizer.json", "LICENSE", "generation_config.json", "config.json", "model.safetensors.index.json"}
    assert set(found) - weights == beside | {RECORD}
    assert found["LICENSE"] == before["LICENSE"]
    index = json.loads(found["model.safetensors.index.json"])
    stored = tensors_of(done.folder)
    assert index["weight_map"].keys() == stored.keys()
    assert index["metadata"]["total_size"] == sum(tensor.nbytes for tensor in stored.values())
    assert open_checkpoint(done.folder).quantisation == "compressed-tensors W4A16"


def test_broken_off_it_goes_on_where_it_was(model: Path, tmp_path: Path) -> None:
    make(model, tmp_path / "whole", shard=30_000)
    with pytest.raises(Cancelled):
        make(model, tmp_path / "copy", shard=30_000, cancelled=ends_after(20))
    assert not (tmp_path / "copy").exists()
    (staging,) = tmp_path.glob(".copy*")
    assert not list(staging.glob("*.partial"))
    counted: list[int] = []
    recipe = make_recipe(model, 4, shard=30_000)
    done = quantise(recipe, tmp_path / "copy", counted.append)
    assert 0 < done.kept < done.files
    assert sum(counted) == recipe.source_bytes
    assert contents(tmp_path / "copy") == contents(tmp_path / "whole")
    assert not list(tmp_path.glob(".copy*"))


def test_of_what_was_begun_only_whole_files_of_the_same_copy_are_kept(model: Path, tmp_path: Path) -> None:
    make(model, tmp_path / "whole", shard=30_000)
    with pytest.raises(Cancelled):
        make(model, tmp_path / "copy", shard=30_000, cancelled=ends_after(25))
    (staging,) = tmp_path.glob(".copy*")
    finished = sorted(staging.glob("*.safetensors"))
    with finished[0].open("r+b") as stream:
        stream.seek(-1, 2)
        stream.write(b"\x55")
    (staging / "model-00009-of-00009.safetensors.partial").write_bytes(b"begun")
    done = make(model, tmp_path / "copy", shard=30_000)
    assert done.kept == len(finished) - 1
    assert contents(tmp_path / "copy") == contents(tmp_path / "whole")

    with pytest.raises(Cancelled):
        make(model, tmp_path / "other", 8, shard=30_000, cancelled=ends_after(25))
    assert make(model, tmp_path / "other", 4, shard=30_000).kept == 0


def test_a_finished_copy_is_not_made_again(model: Path, tmp_path: Path) -> None:
    first = make(model, tmp_path / "copy")
    file = tmp_path / "copy" / "model-00001-of-00001.safetensors"
    digest, written = sha256(file), file.stat().st_mtime_ns
    assert make(model, tmp_path / "copy").kept == first.files
    assert (sha256(file), file.stat().st_mtime_ns) == (digest, written)


def test_it_never_takes_the_place_of_something_else(model: Path, tmp_path: Path) -> None:
    make(model, tmp_path / "copy", 8)
    (tmp_path / "file").write_text("mine")
    for out in ("copy", "file"):
        with pytest.raises(BadRequest, match="exists already, with something else in it"):
            make(model, tmp_path / out)
    for inside in (model, model / "copy"):
        with pytest.raises(BadRequest, match="lies in the model that is to be quantised"):
            make(model, inside)
    (tmp_path / "empty").mkdir()
    assert make(model, tmp_path / "empty").kept == 0
    assert sorted(file.name for file in tmp_path.iterdir()) == ["copy", "empty", "file", "model"]


def test_too_little_room_is_said_before_anything_is_written(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job, "_KEEP_FREE", 1 << 60)
    with pytest.raises(DiskFull, match=r"The copy takes 1073741824\.0 GiB, and the drive of .* has .* left\."):
        make(model, tmp_path / "copy")
    assert [file.name for file in tmp_path.iterdir()] == ["model"]


@pytest.mark.parametrize("weight", [math.nan, math.inf])
def test_weights_that_are_no_numbers_are_refused(model: Path, tmp_path: Path, weight: float) -> None:
    tensors = load_file(model / "model.safetensors")
    tensors["model.layers.1.mlp.up_proj.weight"][3, 5] = weight
    save_file(tensors, model / "model.safetensors")
    with pytest.raises(UnusableModel, match=r"layers\.1\.mlp\.up_proj\.weight holds a weight that is infinite or no"):
        make(model, tmp_path / "copy", shard=30_000)
    assert [file.name for file in tmp_path.iterdir()] == ["model"]


def test_two_do_not_write_the_same_copy(model: Path, tmp_path: Path) -> None:
    with (
        FileLock(tmp_path / ".copy.quantising.lock"),
        pytest.raises(BadRequest, match="is being written by another penjing"),
    ):
        make(model, tmp_path / "copy")
    assert make(model, tmp_path / "copy").kept == 0
