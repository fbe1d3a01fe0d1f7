from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from core.commands import window
from core.errors import BadRequest, FolderNotWritable, UnsupportedComputer


@pytest.fixture
def shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What a desktop's program that shows a sentence was told."""
    file = tmp_path / "shown"
    program = tmp_path / "zenity"
    program.write_text(f'#!/bin/sh\necho "$@" > {file}\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    return file


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has a box of its own")
def test_what_hinders_the_window_is_shown_where_there_is_no_terminal(
    shown: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> None:
        raise UnsupportedComputer("It lacks something.", "Get it.")

    monkeypatch.setattr(window, "check_processor", refuse)
    with pytest.raises(UnsupportedComputer):
        window.open_window()
    assert "It lacks something. Get it." in shown.read_text()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems always have a screen")
def test_without_a_screen_the_terminal_chat_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(BadRequest, match="penjing chat"):
        window.open_window()


def test_a_menu_entry_may_leave_out_what_to_open() -> None:
    # As desktops do with `--open %u` where nothing is opened.
    done = subprocess.run(
        [sys.executable, "-m", "core.cli", "--open", "--version"], capture_output=True, text=True, check=False
    )
    assert done.stdout.startswith("penjing ")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs a folder that nobody can write to")
def test_a_folder_that_is_there_and_cannot_be_written_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PENJING_HOME", "/proc")
    with pytest.raises(FolderNotWritable, match=r"chats and settings, /proc, cannot be written.*PENJING_HOME"):
        window.open_window()
