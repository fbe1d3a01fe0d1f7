"""Which models are found on a computer."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from huggingface_hub import constants

from core.hub.library import InstalledModel, installed_models
from core.hub.removal import removable_bytes, remove
from core.hub.verification import Outcome, verify
from core.locations import DEMO_DRAFT, DEMO_TARGET, user_data
from core.models.checkpoint import open_checkpoint
from core.models.spec import ModelSpec
from tests.core.gguf_models import save_gguf
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


@pytest.fixture(scope="module")
def quants(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as they are published: one model in several GGUF files of other bits, one of them in two parts."""
    folder = tmp_path_factory.mktemp("made") / "Some-GGUF"
    folder.mkdir()
    for kind, parts in (("Q4_0", 1), ("Q8_0", 2)):
        made, _ = save_gguf(tmp_path_factory.mktemp(kind), "llama", {}, kind, parts=parts)
        for file in made.iterdir():
            file.rename(folder / file.name.replace("m", f"Some-{kind}", 1))
    (folder / "mmproj-Some.gguf").write_bytes(b"GGUF")
    (folder / "README.md").write_text("---\nlicense: mit\n---\n")
    return folder


def test_each_of_several_gguf_models_in_a_folder_can_be_picked(quants: Path, tmp_path: Path) -> None:
    models = added([quants])
    assert [model.name for model in models] == ["Some-Q4_0", "Some-Q8_0"]
    assert [model.folder.name for model in models] == ["Some-Q4_0.gguf", "Some-Q8_0-00001-of-00002.gguf"]
    facts = [model.facts for model in models if model.facts is not None]
    assert [each.precision for each in facts] == ["gguf q4_0", "gguf q8_0"]
    assert {each.licence for each in facts} == {"mit"}
    assert facts[0].bytes < facts[1].bytes
    assert {model.place for model in models} == {quants}
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "Some-GGUF").symlink_to(quants)
    beside = write_model(tmp_path / "models" / "other")
    assert {model.folder.resolve() for model in added([tmp_path / "models"])} == {
        beside,
        *(model.folder for model in models),
    }


def test_gguf_files_beside_a_model_in_the_usual_form_are_models_too(quants: Path, tmp_path: Path) -> None:
    folder = write_model(tmp_path / "both")
    shutil.copy(quants / "Some-Q4_0.gguf", folder)
    assert [model.name for model in added([folder])] == ["both", "Some-Q4_0"]
    assert all(model.problem is None for model in added([folder]))


def test_gguf_files_with_a_config_but_no_safetensors_are_what_is_there(quants: Path, tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    shutil.copy(quants / "Some-Q4_0.gguf", tmp_path / "one")
    (tmp_path / "one" / "config.json").write_text("{}")
    (model,) = added([tmp_path / "one"])
    assert model.folder == tmp_path / "one"
    assert model.spec is not None
    assert model.spec.quantisation == "GGUF Q4_0"


def test_of_several_gguf_models_that_were_put_among_downloads_one_goes(
    quants: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PENJING_MODELS", str(tmp_path / "models"))
    shutil.copytree(quants, tmp_path / "models" / "someone" / "Some-GGUF")
    shutil.copy(quants / "Some-Q4_0.gguf", tmp_path / "models" / "loose.gguf")
    loose, four, eight = added([])
    names = ["loose", "someone/Some-GGUF/Some-Q4_0", "someone/Some-GGUF/Some-Q8_0"]
    assert [loose.name, four.name, eight.name] == names
    assert removable_bytes(eight) == sum(file.stat().st_size for file in eight.place.glob("Some-Q8_0*"))
    assert list(verify(four))[-1].outcome is Outcome.RIGHT
    remove(eight)
    assert [model.name for model in added([])] == ["loose", "someone/Some-GGUF"]
    assert (four.place / "README.md").exists()


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
