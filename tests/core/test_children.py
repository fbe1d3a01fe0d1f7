"""What child processes inherit, told by children."""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

from core import children
from core.children import code_environment
from core.locations import CODE, INSTALLATION, RESOURCES

ASK = "import core.locations as l; print(l.__file__, l.INSTALLATION, l.CODE, sep='\\n')"


def ask(interpreter: str, environment: dict[str, str], folder: Path) -> list[str]:
    told = subprocess.check_output([interpreter, "-c", ASK], env=environment, cwd=folder, text=True)
    return told.split()


def test_from_the_sources_a_child_runs_the_same_code(tmp_path: Path) -> None:
    file, installation, code = ask(sys.executable, code_environment(sys.executable), tmp_path)
    assert Path(file) == CODE / "core" / "locations.py"
    assert (Path(installation), Path(code)) == (INSTALLATION, CODE)
    assert RESOURCES.is_dir()


def test_what_lies_where_penjing_was_started_is_not_run(tmp_path: Path) -> None:
    (tmp_path / "core").mkdir()
    (tmp_path / "core" / "__init__.py").touch()
    (tmp_path / "core" / "locations.py").write_text("raise SystemExit('not ours')")
    assert Path(ask(sys.executable, code_environment(sys.executable), tmp_path)[0]) == CODE / "core" / "locations.py"


@pytest.mark.skipif(sys.platform == "win32", reason="makes a Python by links")
def test_another_python_finds_all_of_an_installed_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed, pack = tmp_path / "_internal", tmp_path / "pack"
    (installed / "resources").mkdir(parents=True)
    shutil.copytree(CODE / "core", installed / "code" / "core", ignore=shutil.ignore_patterns("__pycache__"))
    venv.create(pack, symlinks=True)
    packages = Path(sysconfig.get_path("purelib", vars={"base": str(pack)}))
    (packages / "packages.pth").write_text(sysconfig.get_path("purelib"))
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    before = {file.name for file in (installed / "code" / "core").iterdir()}
    monkeypatch.setattr(children, "CODE", installed / "code")
    python = str(pack / "bin" / "python")
    file, installation, code = ask(python, code_environment(python), tmp_path)
    assert Path(file).is_relative_to(installed / "code")
    assert (Path(installation), Path(code)) == (installed, installed / "code")
    assert {file.name for file in (installed / "code" / "core").iterdir()} == before
    assert (pack / "compiled").is_dir()
