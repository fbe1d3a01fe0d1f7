from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.gpu_pack.keeper import PackKeeper
from app.gpu_pack.section import PackSection
from core.gpu_pack.recipe import Recipe, driver_version

RECIPE_KEY = "0123456789abcdef"

no_card = pytest.mark.skipif(driver_version() is not None, reason="there is an NVIDIA card here")


@pytest.fixture
def keeper(qtbot: QtBot, tmp_path: Path) -> Iterator[PackKeeper]:
    lock = tmp_path / "lock.txt"
    lock.write_text("torch==1.0\n")
    keeper = PackKeeper(tmp_path / "packs", Recipe(lock, RECIPE_KEY))
    yield keeper
    keeper.close()


def make_pack(folder: Path) -> Path:
    """A pack as `GpuPack.install` leaves it, whose Python is this one."""
    python = folder / RECIPE_KEY / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    python.parent.mkdir(parents=True)
    python.symlink_to(sys.executable)
    (folder / RECIPE_KEY / "ready.json").write_text(json.dumps({"torch": "1.0"}))
    return python


@no_card
def test_without_a_card_nothing_is_offered_and_the_program_computes(keeper: PackKeeper, qtbot: QtBot) -> None:
    offer, section = PackSection(keeper, offer=True), PackSection(keeper)
    for widget in (offer, section):
        qtbot.addWidget(widget)
    assert not keeper.offered
    assert offer.isHidden()
    assert "no NVIDIA card" in section.says.text()
    assert section.get.isHidden()
    assert keeper.make_client()._interpreter == sys.executable


@no_card
def test_getting_it_without_a_card_is_told(keeper: PackKeeper, qtbot: QtBot) -> None:
    with qtbot.waitSignal(keeper.failed) as failed:
        keeper.install()
    assert "no NVIDIA card" in failed.args[0]
    assert not keeper.busy


def test_a_system_without_a_pack_is_told_apart_from_one_without_a_card(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.gpu_pack.keeper.find_recipe", lambda: None)
    keeper = PackKeeper(tmp_path)
    section = PackSection(keeper)
    qtbot.addWidget(section)
    assert "no pack for NVIDIA cards on this system" in section.says.text()
    assert section.get.isHidden()
    keeper.close()


def test_a_pack_that_is_there_runs_the_engine(keeper: PackKeeper, tmp_path: Path) -> None:
    python = make_pack(tmp_path / "packs")
    assert keeper.installed
    assert keeper.make_client()._interpreter == str(python)


def test_a_pack_that_did_not_start_is_left_aside_and_the_screen_says_why(
    keeper: PackKeeper, qtbot: QtBot, tmp_path: Path
) -> None:
    make_pack(tmp_path / "packs")
    section = PackSection(keeper)
    qtbot.addWidget(section)
    with qtbot.waitSignal(keeper.changed):
        keeper.give_up("The engine stopped: it crashed.")
    assert keeper.make_client()._interpreter == sys.executable
    assert "processor computes" in section.says.text()
    assert "it crashed" in section.says.text()


def test_removing_it_gives_everything_back(keeper: PackKeeper, qtbot: QtBot, tmp_path: Path) -> None:
    make_pack(tmp_path / "packs")
    with qtbot.waitSignal(keeper.changed):
        keeper.remove()
    assert not (tmp_path / "packs").exists()
    assert not keeper.installed
