"""The real `penjing` in a process of its own, with the real engine and the demo pair."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from core.locations import DEMO_TARGET

PENJING = [sys.executable, "-m", "core.cli"]
ROOT = Path(__file__).resolve().parents[2]
QUESTION = "What does os.path.join do?"
SECONDS = 300


def penjing(*arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
    command = [*PENJING, *arguments]
    return subprocess.run(command, input=given, capture_output=True, text=True, timeout=SECONDS, check=False, cwd=ROOT)


def generate(*arguments: str) -> dict[str, Any]:
    options = ["--json", "--prompt", QUESTION, "--dtype", "float32", "--max-new-tokens", "24"]
    done = penjing("generate", *options, *arguments)
    assert (done.returncode, done.stderr) == (0, "")
    reply: dict[str, Any] = json.loads(done.stdout)
    return reply


def minimum_ram() -> int:
    """The least RAM that a small tree of the demo pair runs in, in bytes."""
    plan = json.loads(penjing("plan", "--json", "--dtype", "float32", "--budget", "8").stdout)
    limit: int = plan["minimum_limit"]
    return limit


def test_generate_reports_what_the_contract_promises() -> None:
    reply = generate("--budget", "8")
    assert set(reply) == {
        "text",
        "token_ids",
        "finish_reason",
        "steps",
        "tokens_per_step",
        "tokens_per_second",
        "seconds_to_first_token",
        "peak_ram_bytes",
        "peak_vram_bytes",
        "speculation",
        "plan",
    }
    for step in reply["steps"]:
        assert set(step) == {
            "committed",
            "nodes",
            "depth",
            "seconds",
            "bytes_streamed",
            "experts_streamed",
            "sources",
        }
        assert all(set(source) == {"nodes", "accepted", "seconds", "share"} for source in step["sources"].values())
        assert set(step["seconds"]) == {"draft", "stream_wait", "compute", "sample", "hidden"}
        assert 1 <= step["committed"] <= step["depth"] + 1 <= step["nodes"] <= 8
        assert step["bytes_streamed"] == 0
    assert sum(step["committed"] for step in reply["steps"]) == len(reply["token_ids"])
    assert reply["tokens_per_step"] == pytest.approx(len(reply["token_ids"]) / len(reply["steps"]))
    assert reply["text"]
    assert reply["speculation"]["on"]
    assert reply["plan"]["budget"] == 8
    assert reply["peak_ram_bytes"] > 100 << 20


def test_a_reply_depends_on_the_seed_and_on_nothing_else() -> None:
    # A name that does not exist leaves the model uncertain, so that the noise decides.
    sampling = ["--prompt", "What does zlib.unpack_tree do?", "--temperature", "1.2", "--top-p", "0.95"]
    drafted = generate(*sampling, "--budget", "16", "--seed", "5")
    alone = generate(*sampling, "--drafter", "none", "--seed", "5")
    other = generate(*sampling, "--drafter", "none", "--seed", "6")
    tight = ["--budget", "8", "--seed", "5", "--ram", f"{minimum_ram() / 2**20 + 1}MiB"]
    streamed = generate(*sampling, *tight, "--drafter", "model+lookup")
    assert drafted["token_ids"] == alone["token_ids"] == streamed["token_ids"]
    assert other["token_ids"] != alone["token_ids"]
    assert not alone["speculation"]["on"]
    assert alone["speculation"]["why"]
    assert alone["tokens_per_step"] == 1.0
    assert all(step["bytes_streamed"] > 0 for step in streamed["steps"])


def test_a_target_that_streams_drafts_for_itself_and_says_so_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PENJING_HOME", str(tmp_path))
    options = ["--json", "--prompt", QUESTION, "--dtype", "float32", "--max-new-tokens", "24"]
    alone = generate("--drafter", "none")  # From now on it is known what the engine takes, and so the least limit.
    tight = ["--budget", "8", "--ram", f"{minimum_ram() / 2**20 + 1}MiB"]
    for _ in range(2):
        done = penjing("generate", *options, *tight, "--drafter", "self")
        assert done.returncode == 0, done.stderr
        assert "of 4-bit copies, which are made once and kept on the drive" in done.stderr
        reply = json.loads(done.stdout)
        assert reply["token_ids"] == alone["token_ids"]
        assert all(step["bytes_streamed"] > 0 for step in reply["steps"])
        assert sum(step["sources"]["self"]["accepted"] for step in reply["steps"]) > 0
    [copies] = (tmp_path / "cache" / "self-drafts").glob("penjing-demo-*")
    assert {file.suffix for file in copies.iterdir()} == {".safetensors", ".json"}, "and nothing half written"


def test_a_reply_is_printed_as_it_is_written() -> None:
    whole = generate("--drafter", "none")["text"]
    plain = penjing(
        "generate", "--prompt-file", "-", "--dtype", "float32", "--max-new-tokens", "24", "--drafter", "none",
        given=QUESTION,
    )  # fmt: skip
    assert plain.stdout == whole + "\n"
    assert plain.returncode == 0


def test_ctrl_c_keeps_what_is_written_and_ends_with_130() -> None:
    # So hot that the model hardly ever ends its reply, which leaves time to interrupt it.
    options = ["--prompt", QUESTION, "--temperature", "10", "--drafter", "none"]
    with subprocess.Popen([*PENJING, "generate", *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        first = os.read(process.stdout.fileno(), 1)
        process.send_signal(signal.SIGINT)
        rest, complaints = process.communicate(timeout=SECONDS)
    assert process.returncode == 130
    assert (first + rest).endswith(b"\n")
    assert complaints == b""


def test_chat_answers_every_line_and_starts_anew() -> None:
    options = ["--max-new-tokens", "8", "--budget", "8"]
    done = penjing("chat", *options, given=f"{QUESTION}\n/new\n/frobnicate\n\n{QUESTION}\n/quit\nnever read\n")
    assert (done.returncode, done.stderr) == (0, "")
    statuses = [line for line in done.stdout.splitlines() if "per step" in line]
    assert len(statuses) == 2
    assert all("speculation on: " in line for line in statuses)
    first, second = done.stdout.split("A new chat.\n")
    assert "There is no command /frobnicate." in second
    # The same question in a new chat gets the same answer: nothing of the old one is left.
    answer = first.splitlines()[1:-1]
    assert answer
    assert "\n".join(answer) in second


def test_replies_correct_the_plan_of_the_next_run() -> None:
    options = ["--dtype", "float32", "--budget", "8"]

    def planned() -> dict[str, Any]:
        plan: dict[str, Any] = json.loads(penjing("plan", "--json", *options).stdout)
        return plan

    assert "this pair here" not in planned()["speed"]["tokens_per_step_source"]
    first = generate("--budget", "8")
    assert "this pair here" not in first["plan"]["speed"]["tokens_per_step_source"]
    speed = planned()["speed"]
    assert "the last reply of this pair here" in speed["tokens_per_step_source"]
    assert speed["pace"] != 1.0
    again = generate("--budget", "8")
    assert again["plan"]["speed"]["tokens_per_step_source"] == speed["tokens_per_step_source"]
    assert again["token_ids"] == first["token_ids"]
    penjing("chat", *options, "--max-new-tokens", "24", given=f"{QUESTION}\n")
    assert "the last 3 replies of this pair here" in planned()["speed"]["tokens_per_step_source"]


def test_a_conversation_longer_than_the_context_is_a_sentence_and_the_chat_goes_on() -> None:
    done = penjing("chat", "--context", "64", "--max-new-tokens", "4", given=f"{'long ' * 100}\n{QUESTION}\n")
    assert done.returncode == 0
    assert "the context holds 64" in done.stdout
    assert done.stdout.count("per step") == 1


def copied_demo(folder: Path) -> Path:
    shutil.copytree(DEMO_TARGET, folder)
    return folder


def without_config(folder: Path) -> None:
    (folder / "config.json").unlink()


def cut_short(folder: Path) -> None:
    weights = folder / "model.safetensors"
    os.truncate(weights, weights.stat().st_size // 2)


def with_a_corrupt_header(folder: Path) -> None:
    with (folder / "model.safetensors").open("r+b") as weights:
        weights.write(b"\xff" * 64)


def with_other_shapes(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text())
    config["intermediate_size"] += 64
    (folder / "config.json").write_text(json.dumps(config))


def of_an_unknown_family(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text())
    config["model_type"] = "bonsai"
    (folder / "config.json").write_text(json.dumps(config))


def with_pickles(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")


def without_a_tokenizer(folder: Path) -> None:
    (folder / "tokenizer.json").unlink()


@pytest.mark.parametrize(
    ("damage", "word"),
    [
        (without_config, "config.json"),
        (cut_short, "model.safetensors"),
        (with_a_corrupt_header, "model.safetensors"),
        (with_other_shapes, "config.json"),
        (of_an_unknown_family, "bonsai"),
        (with_pickles, "pickle"),
    ],
)
def test_a_damaged_model_is_explained_without_a_traceback(damage: Any, word: str, tmp_path: Path) -> None:
    model = copied_demo(tmp_path / "model")
    damage(model)
    for command in (["plan"], ["generate", "--prompt", "a"]):
        done = penjing(*command, "--model", str(model))
        assert done.returncode == 2
        assert done.stdout == ""
        assert word in done.stderr
        assert len(done.stderr.splitlines()) == 1


def test_a_prompt_longer_than_the_context_is_refused() -> None:
    done = penjing("generate", "--context", "32", "--prompt", "word " * 200)
    assert done.returncode == 2
    assert "the context holds 32" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_model_without_a_tokenizer_is_refused(tmp_path: Path) -> None:
    model = copied_demo(tmp_path / "model")
    without_a_tokenizer(model)
    done = penjing("generate", "--prompt", "a", "--drafter", "none", "--model", str(model))
    assert done.returncode == 2
    assert "tokenizer" in done.stderr
    assert "Traceback" not in done.stderr
