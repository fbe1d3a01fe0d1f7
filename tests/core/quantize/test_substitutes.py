"""Substitutes of layers are made once, kept whole or not at all, and made anew when they no longer fit."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from core.errors import Cancelled, DiskFull, FolderNotWritable, UnusableModel
from core.hub.self_drafts import RECORD
from core.locations import user_cache
from core.models.checkpoint import open_checkpoint
from core.models.dequantise.arena import Arena
from core.models.dequantise.weight import dequantise
from core.planning.self_draft import substitutes as sizes
from core.quantize.substitutes import Substitute, Substitutes
from tests.core.random_models import save_llama


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return save_llama(tmp_path / "target", layers=3)


def load(folder: Path, layers: tuple[int, ...] = (0, 1, 2)) -> tuple[list[Substitute], int]:
    """Substitutes, and how many bytes of the model were rounded for them."""
    rounded: list[int] = []
    found = list(Substitutes(open_checkpoint(folder)).load(layers, rounded.append, lambda: False))
    return found, sum(rounded)


def test_they_are_near_the_layers_and_a_quarter_of_their_size(folder: Path) -> None:
    spec = open_checkpoint(folder)
    found, _ = load(folder)
    for one in found:
        layer = spec.layers[one.index]
        assert one.group.weights == layer.weights
        originals = load_file(folder / "model.safetensors")
        for weight in one.group.packed:
            plain = torch.empty(weight.shape)
            dequantise(weight, one.stored, plain, Arena(torch.device("cpu")))
            original = originals[layer.prefix + weight.name]
            assert (plain - original).norm() / original.norm() < 0.12
        for tensor in one.group.plain:
            assert torch.equal(one.stored[tensor.name], originals[layer.prefix + tensor.name])
        assert one.group.bytes < layer.bytes / 4
        assert one.group.bytes <= sizes(spec.layers, 4)[one.index] * 1.6


def test_each_layer_is_made_once(folder: Path) -> None:
    first, rounded = load(folder, (0, 2))
    assert rounded > 0
    assert Substitutes(open_checkpoint(folder)).missing((0, 1, 2)) == [1]
    again, rounded = load(folder, (0, 2))
    assert rounded == 0
    for one, other in zip(first, again, strict=True):
        assert all(torch.equal(one.stored[name], other.stored[name]) for name in one.stored)
    _, rounded = load(folder, (0, 1, 2))
    assert 0 < rounded < open_checkpoint(folder).layers[1].bytes * 1.01


@pytest.mark.parametrize("damage", ["a bit", "cut short", "gone", "no record", "nonsense"])
def test_what_is_damaged_is_made_anew(folder: Path, damage: str) -> None:
    expected, _ = load(folder)
    place = Substitutes(open_checkpoint(folder)).folder
    file = place / "layer-00001.safetensors"
    content = bytearray(file.read_bytes())
    if damage == "a bit":
        content[-1] ^= 1
        file.write_bytes(content)
    elif damage == "cut short":
        file.write_bytes(content[: len(content) // 2])
    elif damage == "gone":
        file.unlink()
    elif damage == "no record":
        (place / RECORD).unlink()
    else:
        (place / RECORD).write_text("[]")
    found, rounded = load(folder)
    assert rounded > 0
    name = "self_attn.q_proj.weight_packed"
    assert torch.equal(found[1].stored[name], expected[1].stored[name])
    assert load(folder)[1] == 0


def test_what_was_made_of_other_files_goes(folder: Path) -> None:
    load(folder)
    before = Substitutes(open_checkpoint(folder)).folder
    file = folder / "model.safetensors"
    weights = load_file(file)
    weights["model.layers.0.self_attn.q_proj.weight"] *= 2
    save_file(weights, file, {"format": "pt"})
    os.utime(file, ns=(1, 1))
    other = save_llama(folder.parent / "other", layers=3)
    load(other)
    _, rounded = load(folder)
    assert rounded > 0
    assert not before.exists()
    assert Substitutes(open_checkpoint(folder)).folder.exists()
    assert Substitutes(open_checkpoint(other)).folder.exists()


def test_a_cancel_leaves_whole_files_only_and_the_next_run_goes_on(folder: Path) -> None:
    asked = 0

    def cancelled() -> bool:
        nonlocal asked
        asked += 1
        return asked > 12

    substitutes = Substitutes(open_checkpoint(folder))
    with pytest.raises(Cancelled):
        list(substitutes.load((0, 1, 2), lambda done: None, cancelled))
    files = {file.name for file in substitutes.folder.iterdir()}
    assert "layer-00000.safetensors" in files
    assert not any(name.endswith(".partial") for name in files)
    left = substitutes.missing((0, 1, 2))
    assert left
    _, rounded = load(folder)
    assert rounded == sum(open_checkpoint(folder).layers[index].bytes for index in left)


def test_what_a_killed_process_left_is_cleared_away(folder: Path) -> None:
    substitutes = Substitutes(open_checkpoint(folder))
    substitutes.folder.mkdir(parents=True)
    (substitutes.folder / "layer-00000.partial").write_bytes(b"half")
    load(folder)
    assert not list(substitutes.folder.glob("*.partial"))


def test_no_room_on_the_drive_is_said_before_anything_is_written(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(folder)
    monkeypatch.setattr(shutil, "disk_usage", lambda place: usage._replace(free=1000))
    with pytest.raises(DiskFull, match=r"The self-draft takes .* whose drive has"):
        load(folder)
    assert not list(Substitutes(open_checkpoint(folder)).folder.iterdir())
    monkeypatch.undo()


def test_a_cache_folder_that_cannot_be_written(folder: Path) -> None:
    user_cache().parent.mkdir(parents=True, exist_ok=True)
    user_cache().write_text("in the way")
    with pytest.raises(FolderNotWritable, match="cannot be kept"):
        load(folder)


def test_a_weight_that_is_no_number_is_refused(folder: Path) -> None:
    file = folder / "model.safetensors"
    weights = load_file(file)
    weights["model.layers.1.mlp.up_proj.weight"][3, 3] = torch.inf
    save_file(weights, file, {"format": "pt"})
    with pytest.raises(UnusableModel, match="infinite or no number"):
        load(folder)
    substitutes = Substitutes(open_checkpoint(folder))
    assert json.loads((substitutes.folder / RECORD).read_text())["files"].keys() == {"layer-00000.safetensors"}
    assert not list(substitutes.folder.glob("*.partial"))
