"""What the frozen program's start leaves to the programs that it starts."""

from __future__ import annotations

import os

import pytest

import launch


@pytest.mark.parametrize("before", [None, "/somebody/s"])
def test_the_programs_own_libraries_are_not_for_others(before: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYINSTALLER_RESET_ENVIRONMENT", "")
    monkeypatch.setenv("LD_LIBRARY_PATH", "/opt/penjing/_internal")
    monkeypatch.delenv("LD_LIBRARY_PATH_ORIG", raising=False)
    if before is not None:
        monkeypatch.setenv("LD_LIBRARY_PATH_ORIG", before)
    launch.free_children()
    assert os.environ.get("LD_LIBRARY_PATH") == before
    assert "LD_LIBRARY_PATH_ORIG" not in os.environ
    assert os.environ["PYINSTALLER_RESET_ENVIRONMENT"] == "1"
