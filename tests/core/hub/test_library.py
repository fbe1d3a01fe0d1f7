"""Which models are found on a computer."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from huggingface_hub import constants

from core.hub.library import InstalledModel, installed_models
from core.locations import DEMO_DRAFT, DEMO_TARGET, user_data
from core.models.checkpoint import open_checkpoint
from core.models.spec import ModelSpec
from tests.core.models.folders import tiny_config, write_model

ROOT = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cache" / "hub"
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(folder))
    return folder


def snapshot(cache: Path, repository: str, revision: str, *, main: bool = False) -> Path:
    folder = cache / f"models--{repository.replace('/', '--')}"
    if main:
        (folder / "refs").mkdir(parents=True)
        (folder / "refs" / "main").write_text(revision)
    return write_model(folder / "snapshots" / revision)


def added(folders: list[Path]) -> list[InstalledModel]:
    return [model for model in installed_models(folders) if model.origin != "bundled"]


def test_the_demo_pair_comes_first_and_works() -> None:
    target, draft = installed_models()
    assert (target.folder, draft.folder) == (DEMO_TARGET, DEMO_DRAFT)
    assert (target.name, target.origin, target.problem) == ("penjing-demo", "bundled", None)
    assert target.spec is not None
    assert draft.spec is not None


def test_an_added_folder_is_a_model_or_holds_models(tmp_path: Path) -> None:
    one = write_model(tmp_path / "one")
    two, three = write_model(tmp_path / "many" / "two"), write_model(tmp_path / "many" / "three")
    (tmp_path / "many" / "notes").mkdir()
    (tmp_path / "many" / "file").touch()
    models = added([one, tmp_path / "many"])
    assert [model.folder for model in models] == [one, three, two]
    assert {model.origin for model in models} == {"folder"}


def test_a_broken_model_is_listed_with_what_is_wrong_and_what_to_do(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "broken")
    os.truncate(folder / "model.safetensors", 1000)
    (model,) = added([folder])
    assert model.spec is None
    assert model.problem is not None
    assert "shorter than its header says" in model.problem
    assert "Download the file again." in model.problem


def test_a_folder_that_holds_nothing_or_is_gone_is_listed_with_that(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    empty, gone, refused = added([tmp_path / "empty", tmp_path / "gone", tmp_path / ("x" * 300)])
    assert "holds no config.json" in (empty.problem or "")
    assert "There is no folder" in (gone.problem or "")
    assert refused.problem is not None


def test_the_cache_is_searched_by_repository(cache: Path) -> None:
    folder = snapshot(cache, "someone/Some-Model", "0123abcd", main=True)
    (cache / "datasets--someone--texts" / "snapshots" / "0").mkdir(parents=True)
    (cache / "models--someone--half" / "blobs").mkdir(parents=True)
    (model,) = added([])
    assert (model.folder, model.name, model.origin) == (folder, "someone/Some-Model", "cache")
    assert model.spec is not None
    assert model.spec.name == "Some-Model"


def test_of_several_revisions_main_counts_or_else_the_newest(cache: Path) -> None:
    main = snapshot(cache, "a/a", "0", main=True)
    snapshot(cache, "a/a", "9")
    old, new = snapshot(cache, "b/b", "9"), snapshot(cache, "b/b", "0")
    os.utime(old, (1, 1))
    assert [model.folder for model in added([])] == [main, new]


def test_a_model_found_twice_is_listed_once(cache: Path, tmp_path: Path) -> None:
    folder = snapshot(cache, "a/a", "0")
    (tmp_path / "link").symlink_to(folder, target_is_directory=True)
    (model,) = added([folder, folder, tmp_path / "link"])
    assert (model.folder, model.origin) == (folder, "folder")
    assert [model.folder for model in installed_models([DEMO_TARGET])] == [DEMO_TARGET, DEMO_DRAFT, folder]


def test_the_environment_says_where_the_cache_is(tmp_path: Path) -> None:
    snapshot(tmp_path / "home" / "hub", "a/home", "0")
    snapshot(tmp_path / "moved", "a/moved", "0")
    script = (
        "import json, sys; from core.hub.library import installed_models; import core.hub.pairing\n"
        "heavy = sorted({'torch', 'transformers', 'huggingface_hub', 'tokenizers'} & sys.modules.keys())\n"
        "print(json.dumps([heavy, [m.name for m in installed_models() if m.origin == 'cache']]))"
    )
    for settings, name in (
        ({"HF_HOME": str(tmp_path / "home")}, "a/home"),
        ({"HF_HOME": str(tmp_path / "home"), "HF_HUB_CACHE": str(tmp_path / "moved")}, "a/moved"),
    ):
        environment = {key: value for key, value in os.environ.items() if not key.startswith("HF_")} | settings
        ran = subprocess.run([sys.executable, "-c", script], cwd=ROOT, env=environment, capture_output=True, check=True)
        assert json.loads(ran.stdout) == [[], [name]]


def test_downloads_are_found_by_owner_and_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PENJING_MODELS", str(tmp_path / "models"))
    folder = write_model(tmp_path / "models" / "someone" / "Some-Model")
    beside = write_model(tmp_path / "models" / "put here by hand")
    write_model(tmp_path / "models" / ".downloads" / "someone--Half")
    assert [(model.folder, model.name, model.origin) for model in added([])] == [
        (beside, "put here by hand", "download"),
        (folder, "someone/Some-Model", "download"),
    ]


def test_what_a_list_shows_is_read_from_the_folder(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "model")
    (folder / "README.md").write_text("---\nlicense: llama3.1\ntags: [a]\n---\nlicense: none\n")
    (folder / "tokenizer_config.json").write_text(json.dumps({"chat_template": "{{ messages }}"}))
    (model,) = added([folder])
    facts = model.facts
    assert facts is not None
    assert model.spec is not None
    assert (facts.bytes, facts.parameters) == (model.spec.bytes, model.spec.parameters)
    assert (facts.family, facts.precision, facts.context) == ("llama", "bf16", 128)
    assert (facts.chat_template, facts.licence) == (True, "llama3.1")


def test_facts_are_kept_until_the_folder_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from core.hub import library

    opened: list[Path] = []

    def counted(folder: Path) -> ModelSpec:
        opened.append(folder)
        return open_checkpoint(folder)

    monkeypatch.setattr(library, "open_checkpoint", counted)
    folder = write_model(tmp_path / "model")
    for _ in range(3):
        (model,) = added([folder])
        assert model.facts is not None
    assert opened.count(folder) == 1
    write_model(folder, tiny_config(num_hidden_layers=3))
    (model,) = added([folder])
    assert model.facts is not None
    assert model.facts.layers == 3
    os.truncate(folder / "model.safetensors", 1000)
    (model,) = added([folder])
    assert "shorter than its header says" in (model.problem or "")
    write_model(folder)
    (model,) = added([folder])
    assert model.problem is None


@pytest.mark.parametrize("damage", ["", "{", '{"version": 1, "models": {"x": 3}}', '{"version": 99, "models": {}}'])
def test_a_damaged_file_of_facts_is_read_over(tmp_path: Path, damage: str) -> None:
    folder = write_model(tmp_path / "model")
    before = added([folder])
    (user_data() / "library.json").write_text(damage)
    assert added([folder]) == before
