from __future__ import annotations

from pathlib import Path

from pytestqt.qtbot import QtBot

from app.single_instance import SingleInstance


def test_a_second_start_calls_the_first_and_yields(qtbot: QtBot, tmp_path: Path) -> None:
    first, second = SingleInstance(tmp_path), SingleInstance(tmp_path)
    assert first.claim()
    with qtbot.waitSignal(first.called) as heard:
        assert not second.claim("penjing:models")
    assert heard.args == ["penjing:models"]


def test_a_second_start_with_nothing_to_open_says_so(qtbot: QtBot, tmp_path: Path) -> None:
    first, second = SingleInstance(tmp_path), SingleInstance(tmp_path)
    assert first.claim()
    with qtbot.waitSignal(first.called) as heard:
        assert not second.claim()
    assert heard.args == [""]


def test_the_socket_is_a_file_of_the_person(tmp_path: Path) -> None:
    first = SingleInstance(tmp_path)
    assert first.claim()
    assert (tmp_path / "window.socket").exists()


def test_another_data_folder_is_another_program(qtbot: QtBot, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    first, second = SingleInstance(tmp_path), SingleInstance(tmp_path / "other")
    assert first.claim()
    assert second.claim()
