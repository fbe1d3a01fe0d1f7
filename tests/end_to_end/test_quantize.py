"""The real `penjing quantize` in a process of its own: a copy that is used, one that is killed, and what is refused."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from pathlib import Path

import pytest

from core.locations import DEMO_TARGET
from tests.core.random_models import save_random
from tests.end_to_end.test_cli import PENJING, ROOT, penjing

SECONDS = 120


def quantize(source: Path, out: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return penjing("quantize", "--model", str(source), "--out", str(out), "--bits", "4", *options)


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def reply(folder: Path) -> list[int]:
    options = ["--dtype", "float32", "--drafter", "none", "--max-new-tokens", "48", "--prompt", "What does open() do?"]
    done = penjing("generate", "--json", "--model", str(folder), *options)
    assert (done.returncode, done.stderr) == (0, "")
    tokens: list[int] = json.loads(done.stdout)["token_ids"]
    return tokens


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("quantised") / "demo-4bit"
    done = quantize(DEMO_TARGET, folder, "--report", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    printed = json.loads(done.stdout)
    assert set(printed) == {
        "folder",
        "format",
        "bits",
        "groups",
        "bytes_before",
        "bytes_after",
        "files",
        "files_kept",
        "seconds",
        "quality",
    }
    assert printed["format"] == "compressed-tensors W4A16"
    assert printed["bytes_after"] < 0.5 * printed["bytes_before"]
    assert set(printed["quality"]) == {"tokens", "perplexity_before", "perplexity_after", "agreement"}
    assert 0.5 < printed["quality"]["agreement"] < 1
    return folder


def test_the_copy_writes_what_its_dequantised_weights_write(copy: Path, tmp_path: Path) -> None:
    pytest.importorskip("compressed_tensors")
    from safetensors.torch import save_file

    from tests.core.quantize.test_job import unpacked

    for file in DEMO_TARGET.iterdir():
        if file.suffix in (".json", ".jinja"):
            (tmp_path / file.name).write_bytes(file.read_bytes())
    # compressed-tensors rounds its products to the dtype of the scales; Penjing does so only where it computes in it.
    weights = {name: tensor.contiguous() for name, tensor in unpacked(copy).items()}
    save_file(weights, tmp_path / "model.safetensors", metadata={"format": "pt"})
    assert reply(copy) == reply(tmp_path)


def test_killed_it_goes_on_with_the_files_that_are_whole(tmp_path: Path) -> None:
    sizes = {"hidden_size": 512, "intermediate_size": 1536, "num_hidden_layers": 20, "head_dim": 128}
    source = save_random(tmp_path / "source", "llama", sizes)
    options = ("--shard", "1MiB", "--json")
    assert quantize(source, tmp_path / "whole", *options).returncode == 0
    before = contents(source)

    out, staging = tmp_path / "copy", tmp_path / ".copy.quantising"
    arguments = ["quantize", "--model", str(source), "--out", str(out), "--bits", "4", *options]
    process = subprocess.Popen([*PENJING, *arguments], cwd=ROOT, stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + SECONDS
    while len(list(staging.glob("*.safetensors"))) < 3:
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.001)
    process.kill()
    assert process.wait(SECONDS) == -signal.SIGKILL
    assert not out.exists()
    assert contents(source) == before

    done = quantize(source, out, *options)
    assert done.returncode == 0
    printed = json.loads(done.stdout)
    assert 2 <= printed["files_kept"] < printed["files"]
    assert contents(out) == contents(tmp_path / "whole")
    assert not list(tmp_path.glob(".copy*"))


def test_interrupted_it_says_how_to_go_on(tmp_path: Path) -> None:
    sizes = {"hidden_size": 512, "intermediate_size": 1536, "num_hidden_layers": 20, "head_dim": 128}
    source = save_random(tmp_path / "source", "llama", sizes)
    staging = tmp_path / ".copy.quantising"
    arguments = ["quantize", "--model", str(source), "--out", str(tmp_path / "copy"), "--bits", "8", "--shard", "1MiB"]
    process = subprocess.Popen([*PENJING, *arguments], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    deadline = time.monotonic() + SECONDS
    while not list(staging.glob("*.safetensors")):
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.001)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=SECONDS)
    assert process.returncode == 130
    assert said.decode().strip() == "Stopped. The same command goes on where it was."
    assert not (tmp_path / "copy").exists()
    assert list(staging.glob("*.safetensors"))


def test_what_cannot_be_done_is_said_in_a_sentence_and_leaves_nothing(copy: Path, tmp_path: Path) -> None:
    for source, out, options, sentence in (
        (copy, "new", (), "demo-4bit is quantised already (compressed-tensors W4A16)."),
        (tmp_path, "new", (), f"{tmp_path} holds no config.json, so it is not a model folder."),
        (DEMO_TARGET, ".", (), f"{tmp_path} exists already, with something else in it."),
        (DEMO_TARGET, "new", ("--group", "10"), "Groups of 10 weights cannot be made."),
        (DEMO_TARGET, "new", ("--report", "nowhere.txt"), "nowhere.txt cannot be read: No such file or directory."),
        (DEMO_TARGET, "kept/new", (), f"{tmp_path}/kept/new cannot be written: File exists."),
    ):
        (tmp_path / "kept").write_text("mine")
        done = quantize(source, tmp_path / out, *options)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith(sentence), done.stderr
        assert done.stderr.count("\n") == 1
        assert [file.name for file in tmp_path.iterdir()] == ["kept"]
