"""`penjing models` as a person runs it: the real program, against a hub on loopback."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from core.locations import DEMO_TARGET
from tests.core.hub.models_made import write_hub_model
from tests.hub_server import HubServer

NAME = "acme/Birch"
SECONDS = 90
Program = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[HubServer]:
    with HubServer() as hub:
        about = {"config": {"model_type": "llama"}, "downloads": 5, "cardData": {"license": "mit"}}
        hub.add(NAME, write_hub_model(tmp_path / "Birch", shards=2, hidden_size=512), **about)
        yield hub


@pytest.fixture
def settings(hub: HubServer, tmp_path: Path) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("HF_")}
    here = {"HF_ENDPOINT": hub.endpoint, "HF_HOME": str(tmp_path / "hf"), "PENJING_HOME": str(tmp_path / "home")}
    return kept | here | {"PENJING_KEYRING": "none"}


@pytest.fixture
def models(settings: dict[str, str]) -> Program:
    def run(*arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "core.cli", "models", *arguments]
        return subprocess.run(
            command, env=settings | more, capture_output=True, text=True, timeout=SECONDS, check=False
        )

    return run


def answer(done: subprocess.CompletedProcess[str]) -> Any:
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def refused(done: subprocess.CompletedProcess[str]) -> str:
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1
    return done.stderr


def test_find_download_check_pair_and_remove(models: Program, tmp_path: Path) -> None:
    (found,) = answer(models("search", "birch", "--json"))
    assert (found["name"], found["licence"], found["verdict"]["fit"]) == (NAME, "mit", "comfortable")
    there = answer(models("info", NAME, "--json"))
    assert there["parameters"] > 10**6
    assert there["download_bytes"] == sum(file["size"] for file in there["files"])
    done = answer(models("download", NAME, "--json"))
    assert done["bytes"] == there["download_bytes"]
    folder = Path(done["folder"])
    assert (folder / "model-00001-of-00002.safetensors").read_bytes()
    listed = {model["name"]: model for model in answer(models("list", "--json"))}
    assert listed[NAME]["origin"] == "download"
    assert listed[NAME]["chat_template"] is False
    assert answer(models("verify", NAME, "--json"))["right"] is True
    pairs = {draft["name"]: draft for draft in answer(models("pair", "penjing-demo", "--json"))["drafts"]}
    assert pairs["penjing-demo-draft"]["suggested"]
    assert "vocabulary differs at token 0" in pairs[NAME]["problem"]
    assert "Add --yes" in refused(models("remove", NAME))
    assert answer(models("remove", NAME, "--yes", "--json"))["freed"] > done["bytes"]
    assert not folder.exists()


def test_a_damaged_file_is_found_and_mended_by_downloading_again(models: Program, hub: HubServer) -> None:
    folder = Path(answer(models("download", NAME, "--json"))["folder"])
    (folder / "tokenizer.json").write_text("{}")
    done = models("verify", NAME)
    assert done.returncode == 2
    assert "✗ tokenizer.json" in done.stdout
    assert f"`penjing models download {NAME}` fetches only that" in done.stderr
    hub.requests.clear()
    answer(models("download", NAME, "--json"))
    asked = [request.path.rsplit("/", 1)[1] for request in hub.content_requests()]
    # The index says which files there are; of those only the damaged one was fetched.
    assert asked == ["model.safetensors.index.json", "tokenizer.json"]
    assert models("verify", NAME).returncode == 0


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_an_interrupted_download_goes_on_where_it_was(
    models: Program, hub: HubServer, settings: dict[str, str], number: signal.Signals
) -> None:
    # Tests that run in the background ignore Ctrl+C, and would hand that down.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    hub.faults.bytes_per_second = 1e6
    command = [sys.executable, "-m", "core.cli", "models", "download", NAME]
    process = subprocess.Popen(command, env=settings, stderr=subprocess.PIPE, text=True)
    models_here = Path(settings["PENJING_HOME"]) / "models"
    # Not what the server sent: on a busy computer that may not have reached the drive yet.
    while sum(file.stat().st_size for file in models_here.rglob("*.safetensors*")) < 1_000_000:
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(number)
    _, said = process.communicate(timeout=SECONDS)
    if number is signal.SIGINT:
        assert process.returncode == 130
        assert "goes on where it was" in said
    hub.faults.bytes_per_second = None
    hub.requests.clear()
    answer(models("download", NAME, "--json"))
    assert any(request.start > 0 for request in hub.content_requests("stored"))
    assert models("verify", NAME).returncode == 0


def test_offline_is_said_and_what_is_here_still_works(models: Program, hub: HubServer) -> None:
    hub.close()
    assert "You are offline" in refused(models("search", "birch"))
    assert "HF_HUB_OFFLINE" in refused(models("search", "birch", HF_HUB_OFFLINE="1"))
    assert [model["name"] for model in answer(models("list", "--json"))] == ["penjing-demo", "penjing-demo-draft"]
    assert answer(models("info", "penjing-demo", "--json"))["verdict"]["fit"] == "comfortable"


def test_a_token_comes_from_the_environment_and_is_never_printed(models: Program, hub: HubServer) -> None:
    hub.repositories[NAME].gated = True
    hub.repositories[NAME].readers = {"hf_reader"}
    assert "no token is set" in refused(models("download", NAME))
    said = refused(models("download", NAME, HF_TOKEN="hf_stranger"))
    assert f"accept it on {hub.endpoint}/{NAME}" in said
    assert "hf_stranger" not in said
    answer(models("download", NAME, "--json", HF_TOKEN="hf_reader"))


def test_what_is_unknown_or_not_penjing_s_is_told(models: Program) -> None:
    assert "No installed model is called 'nothing'" in refused(models("verify", "nothing"))
    assert "comes with Penjing" in refused(models("remove", "penjing-demo", "--yes"))
    assert "OWNER/NAME" in refused(models("download", "nonsense"))
    assert "There is no model acme/Nothing" in refused(models("download", "acme/Nothing"))
    assert answer(models("info", str(DEMO_TARGET), "--json"))["name"] == "penjing-demo"


def test_texts_for_people_name_what_matters(models: Program) -> None:
    listed = models("list", "--fit").stdout
    assert "penjing-demo " in listed
    assert "Runs at" in listed
    assert "chat template" in models("info", "penjing-demo").stdout
    assert "★ penjing-demo-draft: suggested" in models("pair", "penjing-demo").stdout
    assert NAME in models("search", "birch").stdout
