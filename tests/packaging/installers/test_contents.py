"""Nothing is missed of what the frozen program leaves out."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from contents import FILES, MODULES, SYSTEM_LIBRARIES, left_out_file
from core.models.layouts import FAMILIES

WITHOUT = Path(__file__).with_name("without.py")


def run(*arguments: str) -> str:
    done = subprocess.run([sys.executable, str(WITHOUT), *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with every module that is left out."""
    file = tmp_path_factory.mktemp("left out") / "names.json"
    file.write_text(run("names"))
    return file


def test_every_family_builds_without_what_is_left_out(names: Path) -> None:
    assert run(str(names), "families").split() == list(FAMILIES)


def test_penjing_answers_without_what_is_left_out(names: Path) -> None:
    assert run(str(names), "generate").strip()


def test_models_and_undeclared_packages_are_left_out(names: Path) -> None:
    found = set(json.loads(names.read_text()))
    assert {"pytest", "mypy", "transformers.models.bert"} <= found
    assert not {"core", "app", "torch", "transformers", "transformers.models.llama"} & found


def test_everything_that_is_left_out_has_a_reason() -> None:
    assert all(reason.strip() for reason in (*MODULES.values(), *FILES.values(), *SYSTEM_LIBRARIES.values()))


@pytest.mark.parametrize(
    ("path", "stays_out"),
    [
        ("torch/bin/torch_shm_manager", False),
        ("torch/bin/protoc-3.13.0.0", True),
        ("torch/include/ATen/ATen.h", True),
        ("torch/lib/libtorch_cpu.so", False),
        ("torch\\include\\ATen\\ATen.h", True),
        ("libX11.so.6", True),
        ("libcrypto.so.3", False),
        ("libstdc++.so.6", False),
        ("numpy.libs/libgfortran-040039e1.so.5.0.0", False),
        ("python3.11/lib-dynload/readline.cpython-311-x86_64-linux-gnu.so", True),
        ("python3.11/lib-dynload/_ssl.cpython-311-x86_64-linux-gnu.so", False),
        ("PySide6/Qt/plugins/platforms/libqxcb.so", False),
        ("PySide6/Qt/plugins/platforms/libqwayland.so", False),
        ("PySide6/Qt/plugins/platforms/libqoffscreen.so", False),
        ("PySide6/Qt/plugins/platforms/libqeglfs.so", True),
        ("PySide6/Qt/plugins/imageformats/libqsvg.so", False),
        ("PySide6/Qt/plugins/imageformats/libqjpeg.so", False),
        ("PySide6/Qt/translations/qtbase_de.qm", True),
        ("resources/icons/plus.svg", False),
    ],
)
def test_what_stays_out(path: str, stays_out: bool) -> None:
    assert left_out_file(path) is stays_out
