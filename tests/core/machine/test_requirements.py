from __future__ import annotations

import platform
import sys
from pathlib import Path

import pytest

from core.errors import UnsupportedComputer
from core.machine.requirements import check_processor, check_window_libraries

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux is asked")


@linux
@pytest.mark.skipif(platform.machine() != "x86_64", reason="only Intel and AMD processors have it")
def test_a_processor_without_avx2_is_told(tmp_path: Path) -> None:
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text("model name\t: Old\nflags\t\t: fpu sse sse2 avx\n")
    with pytest.raises(UnsupportedComputer, match="AVX2"):
        check_processor(cpuinfo)
    cpuinfo.write_text("model name\t: New\nflags\t\t: fpu sse sse2 avx avx2\n")
    check_processor(cpuinfo)


def test_what_cannot_be_asked_is_not_in_the_way(tmp_path: Path) -> None:
    check_processor(tmp_path / "missing")


@linux
def test_a_missing_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def load(_: str) -> None:
        raise OSError("libxcb-cursor.so.0: cannot open shared object file: No such file or directory")

    monkeypatch.delenv("QT_QPA_PLATFORM")
    monkeypatch.setenv("DISPLAY", ":0")
    with pytest.raises(UnsupportedComputer, match=r"lacks: libxcb-cursor\.so\.0\..*doctor"):
        check_window_libraries(load)


@linux
def test_a_missing_library_is_named_by_the_frozen_program_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def load(file: str) -> None:
        try:
            raise OSError("libxcb-cursor.so.0: cannot open shared object file: No such file or directory")
        except OSError as error:
            raise OSError(f"Failed to load dynlib/dll {file!r}.") from error

    monkeypatch.delenv("QT_QPA_PLATFORM")
    monkeypatch.setenv("DISPLAY", ":0")
    with pytest.raises(UnsupportedComputer, match=r"lacks: libxcb-cursor\.so\.0\."):
        check_window_libraries(load)


@linux
@pytest.mark.parametrize(("screen", "plugin"), [(":0", "libqxcb.so"), ("", "libqwayland.so")])
def test_what_is_looked_for_is_what_qt_will_load(screen: str, plugin: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("QT_QPA_PLATFORM")
    monkeypatch.setenv("DISPLAY", screen)
    loaded: list[str] = []
    check_window_libraries(loaded.append)
    (file,) = map(Path, loaded)
    assert file.name == plugin
    assert file.exists()


def test_without_a_screen_no_library_is_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    loaded: list[str] = []
    check_window_libraries(loaded.append)
    assert loaded == []
