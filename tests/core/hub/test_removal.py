"""What removing a model takes away, and what it never touches."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from pathlib import Path

import pytest
from huggingface_hub import constants
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import NotRemoved
from core.hub.library import InstalledModel, installed_models
from core.hub.removal import removable_bytes, remove
from core.locations import DEMO_TARGET
from tests.core.hub.models_made import write_hub_model

COMMIT = "0123456789abcdef0123456789abcdef01234567"


def downloaded(models: Path, name: str = "someone/Some-Model") -> InstalledModel:
    folder = write_hub_model(models.joinpath(*name.split("/")))
    return InstalledModel(folder, name, None, None, "download")


def cached(cache: Path, name: str = "someone/Some-Model", source: Path | None = None) -> InstalledModel:
    """An entry as the library lays it out: blobs, and a snapshot of links to them."""
    entry = cache / f"models--{name.replace('/', '--')}"
    snapshot = entry / "snapshots" / COMMIT
    snapshot.mkdir(parents=True)
    (entry / "blobs").mkdir()
    (entry / "refs").mkdir()
    (entry / "refs" / "main").write_text(COMMIT)
    source = source or write_hub_model(cache.parent / "source")
    for number, file in enumerate(sorted(source.iterdir())):
        blob = entry / "blobs" / f"{number:040x}"
        shutil.copyfile(file, blob)
        (snapshot / file.name).symlink_to(os.path.relpath(blob, snapshot))
    return InstalledModel(snapshot, name, None, None, "cache")


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PENJING_MODELS", str(tmp_path / "models"))
    return tmp_path / "models"


def test_a_download_goes_whole_and_says_what_it_frees(own: Path) -> None:
    model, other = downloaded(own), downloaded(own, "someone/Other")
    held = sum(file.stat().st_size for file in model.folder.iterdir())
    assert removable_bytes(model) == held
    remove(model)
    assert not model.folder.exists()
    assert other.folder.exists()
    remove(other)
    assert [child.name for child in own.iterdir()] == [".downloads"]
    assert list((own / ".downloads").iterdir()) == []


def test_a_cache_entry_goes_whole_by_the_library_s_own_rules(tmp_path: Path) -> None:
    cache = tmp_path / "hub"
    model, other = cached(cache), cached(cache, "someone/Other", tmp_path / "source")
    assert removable_bytes(model) > 0
    remove(model)
    assert not (cache / "models--someone--Some-Model").exists()
    assert (other.folder / "config.json").read_bytes()


def test_what_is_not_penjing_s_is_left_alone(tmp_path: Path) -> None:
    folder = write_hub_model(tmp_path / "mine")
    demo = installed_models()[0]
    for model, words in (
        (InstalledModel(folder, "mine", None, None, "folder"), "your own folder"),
        (demo, "comes with Penjing"),
    ):
        for act in (remove, removable_bytes):
            with pytest.raises(NotRemoved, match=words):
                act(model)
    assert (folder / "config.json").exists()
    assert DEMO_TARGET.exists()


def test_a_link_in_place_of_a_model_is_not_followed(own: Path, tmp_path: Path) -> None:
    outside = write_hub_model(tmp_path / "outside" / "Some-Model")
    own.mkdir()
    (own / "someone").symlink_to(outside.parent, target_is_directory=True)
    (own / "other").mkdir()
    (own / "other" / "Some-Model").symlink_to(outside, target_is_directory=True)
    for owner in ("someone", "other"):
        model = InstalledModel(own / owner / "Some-Model", f"{owner}/Some-Model", None, None, "download")
        with pytest.raises(NotRemoved, match="link to somewhere else"):
            remove(model)
    assert (outside / "config.json").exists()


names = st.text("abc.", min_size=1, max_size=3).filter(lambda name: name.strip("."))
places = st.lists(names, min_size=1, max_size=3)
kinds = st.sampled_from(["file", "link to file", "link to folder", "hard link", "broken link"])


@settings(max_examples=40)
@given(st.sampled_from(["download", "cache"]), st.lists(st.tuples(places, kinds), max_size=8))
def test_nothing_outside_the_entry_is_ever_touched(origin: str, clutter: list[tuple[list[str], str]]) -> None:
    with tempfile.TemporaryDirectory() as place, pytest.MonkeyPatch.context() as patch:
        root = Path(place)
        patch.setenv("PENJING_MODELS", str(root / "models"))
        patch.setattr(constants, "HF_HUB_CACHE", str(root / "hub"))
        (root / "hub").mkdir()
        if origin == "cache":
            neighbour, model = cached(root / "hub", "a/b"), cached(root / "hub", source=root / "source")
        else:
            neighbour, model = downloaded(root / "models", "a/b"), downloaded(root / "models")
        outside = root / "outside"
        outside.mkdir()
        (outside / "precious").write_text("mine")
        for number, (parts, kind) in enumerate(clutter):
            litter(model.folder.joinpath(*parts[:-1]), f"{parts[-1]}{number}", kind, outside)
        before = contents(root, except_for=entry_of(model))
        with contextlib.suppress(NotRemoved):  # A damaged entry may stay; nothing else may go.
            remove(model)
        after = contents(root, except_for=entry_of(model))
        assert {file: text for file, text in after.items() if "+gone" not in file} == before
        assert (neighbour.folder / "config.json").read_text()


def entry_of(model: InstalledModel) -> Path:
    return model.folder.parent.parent if model.origin == "cache" else model.folder


def litter(folder: Path, name: str, kind: str, outside: Path) -> None:
    """Put something into the entry that should not be there."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        match kind:
            case "file":
                (folder / name).write_text("x")
            case "link to file":
                (folder / name).symlink_to(outside / "precious")
            case "link to folder":
                (folder / name).symlink_to(outside, target_is_directory=True)
            case "hard link":
                os.link(outside / "precious", folder / name)
            case _:
                (folder / name).symlink_to(outside / "gone")
    except OSError:  # A name that is taken already.
        return


def contents(root: Path, except_for: Path) -> dict[str, str]:
    """Every file that lies elsewhere than in the entry, with its text."""
    return {
        str(file.relative_to(root)): file.read_text(errors="replace")
        for file in root.rglob("*")
        if file.is_file() and not file.is_relative_to(except_for)
    }
