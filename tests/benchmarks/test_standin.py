"""A stand-in predicts what the demo target predicts, and is a checkpoint of the size that was asked for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import safe_open
from torch import Tensor
from transformers import LlamaForCausalLM

from core.chat.message import Message
from core.chat.tokenizer import Tokenizer
from core.errors import BadRequest
from core.locations import DEMO_TARGET
from core.models.checkpoint import open_checkpoint
from core.planning.self_draft import GROUP
from core.sizes import parse_size
from tests.benchmarks.standin import main, make_standin
from tests.benchmarks.standin_shape import KNOWN, TRAINED, Shape, shape_like, shape_of_size
from tests.benchmarks.standin_weights import Backgrounds, Standin

QUESTIONS = ("What does os.path.join do?", "How do I read a file line by line?", "What is zlib.floodgate for?")

EXACT = Shape(hidden=1600, layers=7, intermediate=896, kv_heads=5)
"""A hidden size of 320 * 5: needs a counterweight, but nothing is rounded."""

SHAPES = {
    "more layers and a wider MLP": Shape(hidden=320, layers=8, intermediate=1024, kv_heads=5, dtype="float32"),
    "320 * 4, grouped": Shape(hidden=1280, layers=7, intermediate=896, kv_heads=10, dtype="float32"),
    "320 * 3": Shape(hidden=960, layers=6, intermediate=896, kv_heads=15, dtype="float32", tied=True),
    "320 * 2.4": Shape(hidden=768, layers=7, intermediate=864, kv_heads=6, dtype="float32"),
    "320 * 4.8": Shape(hidden=1536, layers=6, intermediate=896, kv_heads=8, dtype="float32"),
}


def prompt(question: str) -> Tensor:
    return torch.tensor([Tokenizer(DEMO_TARGET).encode_chat((Message("user", question),))])


def transformers(folder: Path, dtype: torch.dtype) -> Any:
    return LlamaForCausalLM.from_pretrained(folder, dtype=dtype).eval()


@torch.inference_mode()
def logits(model: Any, question: str) -> Tensor:
    """[tokens of the prompt, vocabulary]"""
    found: Tensor = model(prompt(question)).logits[0].float()
    return found


@torch.inference_mode()
def reply(model: Any) -> list[int]:
    tokens: list[int] = model.generate(prompt(QUESTIONS[0]), do_sample=False, max_new_tokens=48)[0].tolist()
    return tokens


@pytest.fixture(scope="module")
def demo() -> Any:
    return transformers(DEMO_TARGET, torch.float32)


@pytest.fixture(scope="module")
def exact(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_standin(tmp_path_factory.mktemp("standin") / "exact", EXACT, shard_bytes=parse_size("40MB"))


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_logits_are_the_demos(tmp_path: Path, demo: Any, shape: Shape) -> None:
    standin = transformers(make_standin(tmp_path / "standin", shape), torch.float32)
    for question in QUESTIONS:
        torch.testing.assert_close(logits(standin, question), logits(demo, question), rtol=0, atol=1e-4)


def test_new_weights_compute_in_earnest_and_without_denormals(tmp_path: Path) -> None:
    standin = transformers(make_standin(tmp_path / "standin", SHAPES["320 * 2.4"]), torch.float32)
    seen: dict[str, Tensor] = {}
    for name, module in standin.named_modules():
        if name.endswith(("proj", "norm", "embed_tokens")):
            module.register_forward_hook(lambda _module, _inputs, output, name=name: seen.update({name: output}))
    logits(standin, QUESTIONS[0])

    smallest = torch.finfo(torch.bfloat16).smallest_normal
    for name, values in [*seen.items(), *standin.state_dict().items()]:
        assert values.isfinite().all(), name
        assert not ((values != 0) & (values.abs() < smallest)).any(), name
    for part in ("q_proj", "k_proj", "v_proj"):
        assert (seen[f"model.layers.6.self_attn.{part}"] != 0).all()
    for part in ("gate_proj", "up_proj"):
        assert (seen[f"model.layers.6.mlp.{part}"] != 0).all()
    assert (seen["model.norm"][..., : TRAINED.hidden_size] != 0).all()
    assert (seen["model.norm"][..., TRAINED.hidden_size :] == 0).all()


def test_bfloat16_rounds_no_weight(demo: Any, exact: Path) -> None:
    standin = transformers(exact, torch.float32)
    torch.testing.assert_close(logits(standin, QUESTIONS[0]), logits(demo, QUESTIONS[0]), rtol=0, atol=1e-4)


def test_replies_in_bfloat16_are_the_demos(exact: Path) -> None:
    expected = reply(transformers(DEMO_TARGET, torch.bfloat16))
    assert len(expected) > prompt(QUESTIONS[0]).shape[1] + 20
    assert reply(transformers(exact, torch.bfloat16)) == expected


def test_is_a_sharded_checkpoint(exact: Path) -> None:
    spec = open_checkpoint(exact)
    files = {tensor.file for group in (spec.embedding, *spec.layers, spec.head) for tensor in group.tensors}
    assert len(files) > 2
    assert {file.name for file in files} == {file.name for file in exact.glob("*.safetensors")}
    assert all(file.stat().st_size < parse_size("40MB") + 8192 for file in files)
    assert (len(spec.layers), spec.hidden_size, spec.heads, spec.kv_heads) == (7, 1600, 25, 5)
    assert (spec.dtype, spec.tied_embeddings) == ("BF16", False)
    assert Tokenizer(exact).encode_chat((Message("user", QUESTIONS[0]),)) == prompt(QUESTIONS[0])[0].tolist()


def test_no_zeros_that_a_drive_could_leave_out(exact: Path) -> None:
    index = json.loads((exact / "model.safetensors.index.json").read_text())
    name = "model.layers.6.mlp.down_proj.weight"
    with safe_open(exact / index["weight_map"][name], "pt") as shard:
        values = shard.get_tensor(name)
    assert (values == 0).all()
    assert 0.4 < values.signbit().float().mean() < 0.6


def test_groups_of_a_low_bit_copy_keep_trained_numbers_and_noise_apart() -> None:
    """Where they share one its other numbers are zeros, which move no scale."""
    for matrix in Standin(shape_of_size(parse_size("2.2GB"))).matrices():
        if matrix.name.endswith("_proj.weight"):
            for patch in matrix.patches:
                ends = (patch.column, patch.column + patch.values.shape[1])
                assert matrix.background == "zero" or all(end % GROUP == 0 for end in ends), matrix.name


def test_a_whole_one_is_used_again_and_another_replaced(tmp_path: Path) -> None:
    small = Shape(hidden=320, layers=6, intermediate=864, kv_heads=5)
    folder = tmp_path / "standin"
    (tmp_path / "standin.partial").mkdir()
    (tmp_path / "standin.partial" / "left over").write_text("from an interrupted run")
    made = make_standin(folder, small)
    assert made == folder
    assert not (folder / "left over").exists()

    before = (folder / "config.json").stat().st_ino
    make_standin(folder, small)
    assert (folder / "config.json").stat().st_ino == before

    make_standin(folder, Shape(hidden=320, layers=7, intermediate=864, kv_heads=5))
    assert len(open_checkpoint(folder).layers) == 7
    assert [file.name for file in tmp_path.iterdir()] == ["standin"]


def test_other_folders_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(BadRequest, match="no stand-in"):
        make_standin(tmp_path, EXACT)
    assert (tmp_path / "thesis.txt").read_text() == "mine"


def test_needs_room_on_the_drive(tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match="free"):
        make_standin(tmp_path / "standin", shape_of_size(parse_size("900TB")))
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize("size", ["60MB", "200MB", "1GB", "2.2GB", "13GB", "140GB"])
def test_shapes_have_the_bytes_asked_for(size: str) -> None:
    shape = shape_of_size(parse_size(size))
    assert shape.bytes == pytest.approx(parse_size(size), rel=0.01)
    assert sum(matrix.numbers for matrix in Standin(shape).matrices()) * 2 == shape.bytes
    if shape.bytes > 5e8:
        assert 75 < shape.hidden / shape.layers < 150
        assert 2.3 < shape.intermediate / shape.hidden < 3.1


def test_shapes_of_a_size_keep_what_is_asked() -> None:
    shape = shape_of_size(10**9, layers=12, dtype="float32")
    assert (shape.layers, shape.dtype) == (12, "float32")
    assert shape.bytes == pytest.approx(10**9, rel=0.02)
    shape = shape_of_size(10**9, hidden=1280, kv_heads=10, tied=True)
    assert (shape.hidden, shape.kv_heads, shape.tied) == (1280, 10, True)
    assert shape.bytes == pytest.approx(10**9, rel=0.02)


@pytest.mark.parametrize("name", KNOWN)
def test_shapes_like_known_models(name: str) -> None:
    shape_like(name)
    fewer = shape_like(name, 20 * 10**9)
    assert abs(fewer.bytes - 20 * 10**9) <= fewer.layer_weights


def test_shapes_that_cannot_hold_the_demo() -> None:
    with pytest.raises(BadRequest, match="cannot be had"):
        shape_of_size(parse_size("20MB"))
    with pytest.raises(BadRequest, match="cannot hold the demo target"):
        shape_like("llama-2-70b", 10**9)
    with pytest.raises(BadRequest, match="hidden size of 448"):
        shape_of_size(10**9, hidden=448)
    with pytest.raises(BadRequest, match="cannot share 12 key-value heads"):
        shape_of_size(10**9, hidden=1280, kv_heads=12)


def test_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "standin"
    assert main(["--bytes", "60MB", "--out", str(folder), "--shard", "25MB"]) == 0
    printed, shown = capsys.readouterr()
    assert printed == f"{folder}\n"
    assert shown.count("MiB of 56.9 MiB") > 3
    held = sum(file.stat().st_size for file in folder.glob("*.safetensors"))
    assert held == pytest.approx(60e6, rel=0.01)
    assert main(["--bytes", "1kB", "--out", str(folder)]) == BadRequest.exit_code
    assert main(["--out", str(folder)]) == BadRequest.exit_code
    assert main(["--like", "llama-2-7b", "--hidden", "640", "--out", str(folder)]) == BadRequest.exit_code
    assert "--bytes" in capsys.readouterr().err


def test_pieces_are_small_whatever_the_model() -> None:
    backgrounds = Backgrounds(torch.bfloat16)
    largest = max(Standin(KNOWN["llama-2-70b"]).matrices(), key=lambda matrix: matrix.numbers)
    pieces = backgrounds.pieces(largest)
    assert largest.numbers * 2 > 400e6
    assert sum(piece.numel() for piece in checked(pieces)) == largest.numbers


def checked(pieces: Iterator[Tensor]) -> Iterator[Tensor]:
    for piece in pieces:
        assert piece.numel() * piece.element_size() <= 4 * 2**20
        yield piece
