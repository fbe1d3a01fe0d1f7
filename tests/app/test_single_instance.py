from __future__ import annotations

from pathlib import Path

from pytestqt.qtbot import QtBot

from app.single_instance import SingleInstance


def test_a_second_start_calls_the_first_and_yields(qtbot: QtBot, tmp_path: Path) -> None:
    first, second = SingleInstance(tmp_path), SingleInstance(tmp_path)
    assert first.claim()
    with qtbot.waitSignal(first.called):
        assert not second.claim()


def test_another_data_folder_is_another_program(qtbot: QtBot, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    first, second = SingleInstance(tmp_path), SingleInstance(tmp_path / "other")
    assert first.claim()
    assert second.claim()
