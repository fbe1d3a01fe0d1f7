"""Drafters and growth policies by name, and what is wrong with drafts, weights and settings, in the real program."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from core.engine.client import EngineClient
from core.engine.messages import Event, Failed, Finished, Generate, Load, Loaded, Started
from core.locations import DEMO_DRAFT, DEMO_TARGET
from core.machine.probe import probe_machine
from core.models.checkpoint import open_checkpoint
from core.planning.plan import Plan, Request
from core.planning.planner import make_plan
from tests.end_to_end.test_cli import QUESTION, SECONDS, copied_demo, generate, penjing


def refused(done: subprocess.CompletedProcess[str]) -> str:
    """The one sentence with which something was refused."""
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1
    return done.stderr


def damaged(folder: Path, value: float) -> Path:
    """A copy of the demo target in whose third layer one number of a matrix is broken."""
    copied_demo(folder)
    tensors = load_file(folder / "model.safetensors")
    tensors["model.layers.2.mlp.down_proj.weight"][5, 7] = value
    save_file(tensors, folder / "model.safetensors", {"format": "pt"})
    return folder


@pytest.fixture(scope="module")
def plain() -> list[int]:
    tokens: list[int] = generate("--drafter", "none")["token_ids"]
    return tokens


@pytest.mark.parametrize("growth", ["opt-tree", "dyspec", "sequoia", "chain"])
def test_trees_grow_by_the_policy_that_is_named(growth: str, plain: list[int]) -> None:
    reply = generate("--growth", growth, "--budget", "8")
    assert reply["plan"]["growth"] == growth
    assert reply["token_ids"] == plain
    shapes = [step["nodes"] == step["depth"] + 1 for step in reply["steps"]]
    assert all(shapes) == (growth == "chain")


def test_the_target_drafts_for_itself_if_asked_to(plain: list[int]) -> None:
    reply = generate("--drafter", "exit", "--exit-layers", "0-2,4", "--budget", "8")
    assert reply["plan"]["exit_layers"] == [0, 1, 2, 4]
    assert reply["speculation"] == {
        "on": True,
        "why": "exit drafts trees of up to 8 nodes",
        "drafter": "exit",
    }
    assert reply["token_ids"] == plain
    assert {name for step in reply["steps"] for name in step["sources"]} == {"exit"}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--growth", "bonsai"], ["no growth policy named 'bonsai'", "specexec"]),
        (["--drafter", "oracle"], ["no drafter named 'oracle'", "recycling"]),
        (["--drafter", "exit+model"], ["cannot draft together"]),
        (["--drafter", "exit", "--exit-layers", "0-9"], ["no layer 6", "0 to 5"]),
        (["--exit-layers", "3-1"], ["no list of layers"]),
        (["--seed", "-1"], ["seed is -1", "0 to 2^63"]),
        (["--seed", str(2**63)], [f"seed is {2**63}"]),
        (["--seed", "1.5"], ["--seed", "1.5"]),
        (["--temperature", "-0.5"], ["temperature is -0.5", "0 to 10"]),
        (["--temperature", "nan"], ["temperature is nan"]),
        (["--temperature", "inf"], ["temperature is inf"]),
        (["--temperature", "warm"], ["--temperature", "warm"]),
    ],
)
def test_what_cannot_be_asked_for_is_refused_in_a_sentence(options: Sequence[str], words: Sequence[str]) -> None:
    for command in (["generate", "--prompt", QUESTION], ["chat"]):
        complaint = refused(penjing(*command, *options))
        assert all(word in complaint for word in words)


def test_a_draft_with_another_tokenizer_is_refused_by_its_first_difference(tmp_path: Path) -> None:
    draft = Path(shutil.copytree(DEMO_DRAFT, tmp_path / "other"))
    tokenizer = json.loads((draft / "tokenizer.json").read_text("utf-8"))
    vocabulary = tokenizer["model"]["vocab"]
    one, other = sorted(vocabulary, key=vocabulary.__getitem__)[3001:3003]
    first = vocabulary[one]
    vocabulary[one], vocabulary[other] = vocabulary[other], vocabulary[one]
    (draft / "tokenizer.json").write_text(json.dumps(tokenizer), "utf-8")
    complaint = refused(penjing("generate", "--prompt", QUESTION, "--draft", str(draft)))
    assert f"differs at token {first:,}: it is `{other}` there and `{one}` in the target" in complaint
    assert "--drafter none" in complaint


def test_a_draft_larger_than_the_target_drafts_under_a_warning(plain: list[int]) -> None:
    options = ["--prompt", QUESTION, "--max-new-tokens", "8", "--budget", "8", "--json"]
    done = penjing("generate", *options, "--model", str(DEMO_DRAFT), "--draft", str(DEMO_TARGET))
    assert done.returncode == 0
    assert "is larger than the target" in done.stderr
    reply = json.loads(done.stdout)
    assert any("is larger than the target" in warning for warning in reply["plan"]["warnings"])
    assert reply["speculation"]["on"]
    assert reply["tokens_per_step"] > 1


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_scores_that_are_no_numbers_end_the_reply(value: float, tmp_path: Path) -> None:
    model = damaged(tmp_path / "model", value)
    for temperature in ("0", "1"):
        options = ["--prompt", QUESTION, "--temperature", temperature, "--dtype", "float32"]
        complaint = refused(penjing("generate", *options, "--model", str(model), "--draft", str(DEMO_DRAFT)))
        assert "scores that are no numbers" in complaint


def test_a_draft_whose_scores_are_no_numbers_is_told(tmp_path: Path) -> None:
    draft = Path(shutil.copytree(DEMO_DRAFT, tmp_path / "draft"))
    tensors = load_file(draft / "model.safetensors")
    tensors["model.norm.weight"] = torch.full_like(tensors["model.norm.weight"], torch.nan)
    save_file(tensors, draft / "model.safetensors", {"format": "pt"})
    complaint = refused(penjing("generate", "--prompt", QUESTION, "--draft", str(draft)))
    assert "The draft model computes scores that are no numbers." in complaint


def answer(client: EngineClient, *kinds: type[Event]) -> Event:
    """The first event of one of these kinds, or a failure."""
    while True:
        event = client.receive(timeout=SECONDS)
        assert event is not None
        if isinstance(event, (*kinds, Failed)):
            return event


def planned(target: Path, draft: Path) -> Plan:
    pair = open_checkpoint(target), open_checkpoint(draft)
    return make_plan(Request(*pair, device="cpu", context=256, dtype="float32", budget=8), probe_machine())


def test_the_engine_outlives_a_broken_model_and_tells_of_a_large_draft(tmp_path: Path) -> None:
    client = EngineClient()
    client.start()
    try:
        assert isinstance(client.receive(timeout=SECONDS), Started)
        client.send(Load(planned(damaged(tmp_path / "model", float("nan")), DEMO_DRAFT)))
        assert isinstance(answer(client, Loaded), Loaded)
        request = Generate("r", prompt=QUESTION, max_new_tokens=6)
        for _ in range(2):
            client.send(request)
            failed = answer(client, Finished)
            assert isinstance(failed, Failed)
            assert failed.kind == "UnusableModel"
            assert failed.reply == "r"
        client.send(Load(replace(planned(DEMO_DRAFT, DEMO_TARGET), growth="bonsai")))
        failed = answer(client, Loaded)
        assert isinstance(failed, Failed)
        assert failed.kind == "BadRequest"
        client.send(Load(planned(DEMO_DRAFT, DEMO_TARGET)))
        loaded = answer(client, Loaded)
        assert isinstance(loaded, Loaded)
        assert any("is larger than the target" in note for note in loaded.notes)
        client.send(request)
        finished = answer(client, Finished)
        assert isinstance(finished, Finished)
        assert finished.summary.text
    finally:
        client.close()
