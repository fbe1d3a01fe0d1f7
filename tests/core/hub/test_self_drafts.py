"""Copies of a model that draft for it are known as its own, and go with it and with nothing else."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from core.errors import NotRemoved
from core.hub.removal import removable_bytes, remove
from core.hub.self_drafts import (
    RECORD,
    remove_self_drafts,
    self_drafts_bytes,
    self_drafts_folder,
    self_drafts_of,
)
from tests.core.hub.test_removal import downloaded


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PENJING_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PENJING_MODELS", str(tmp_path / "models"))


def made(name: str, model: Path | str, size: int = 1000) -> Path:
    folder = self_drafts_folder() / name
    folder.mkdir(parents=True)
    (folder / RECORD).write_text(json.dumps({"made_of": {"model": str(model)}}))
    (folder / "layer-00000.safetensors").write_bytes(bytes(size))
    return folder


def test_a_model_that_goes_takes_its_copies_along(tmp_path: Path) -> None:
    model, other = downloaded(tmp_path / "models"), downloaded(tmp_path / "models", "someone/Other")
    alone = removable_bytes(model)
    copies, others = made("first", model.folder), made("second", other.folder)
    held = sum(file.stat().st_size for file in copies.iterdir())
    assert removable_bytes(model) == alone + held
    remove(model)
    assert not copies.exists()
    assert others.exists()


def test_whose_copies_cannot_be_told_stay(tmp_path: Path) -> None:
    model = downloaded(tmp_path / "models")
    damaged, locked = made("damaged", model.folder), self_drafts_folder() / ".first.lock"
    (damaged / RECORD).write_text('{"made_of": ')
    locked.touch()
    made("elsewhere", tmp_path / "models" / "someone" / "Some-Model-2")
    assert list(self_drafts_of(model.folder)) == []


def test_all_of_them_are_counted_and_removed(tmp_path: Path) -> None:
    assert self_drafts_bytes() == 0
    remove_self_drafts()
    first, second = made("first", tmp_path, 5000), made("second", tmp_path, 7000)
    records = sum((folder / RECORD).stat().st_size for folder in (first, second))
    assert self_drafts_bytes() == 12000 + records
    remove_self_drafts()
    assert self_drafts_bytes() == 0


def test_what_the_system_keeps_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made("first", tmp_path)

    def refuse(folder: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(shutil, "rmtree", refuse)
    with pytest.raises(NotRemoved, match="Permission denied"):
        remove_self_drafts()
