"""What keeps the house in order beyond the floors: who loads torch, how long files are, who names colours."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
MODULES = sorted(file for folder in ("app", "core") for file in (ROOT / folder).rglob("*.py"))
MOST_LINES = 400
VAGUE_NAMES = {"util", "utils", "helper", "helpers", "common", "misc", "manager"}
COLOUR = re.compile(r"""["']#(?:[0-9a-fA-F]{3,4}|[0-9a-fA-F]{6}|[0-9a-fA-F]{8})["']|QColor\(\s*\d|GlobalColor\.\w+""")


def name(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()


@pytest.mark.parametrize(
    "start",
    [
        "import app.main",
        "import core.engine.client",
        "from core.cli import main; main(['plan'])",
        "from core.cli import main; main(['plan', '--json'])",
        "from core.cli import main; main(['doctor'])",
        "from core.cli import main; main(['generate', '--prompt', 'a', '--ram', '1MiB'])",
    ],
)
def test_what_a_person_waits_for_loads_no_torch(start: str) -> None:
    check = "import sys; print([name for name in ('torch', 'transformers') if name in sys.modules], file=sys.stderr)"
    done = subprocess.run(
        [sys.executable, "-c", f"{start}\n{check}"], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert done.stderr.splitlines()[-1] == "[]"


@pytest.mark.parametrize("file", MODULES, ids=name)
def test_a_module_says_what_it_is_for_and_is_short(file: Path) -> None:
    source = file.read_text(encoding="utf-8")
    docstring = ast.get_docstring(ast.parse(source))
    assert docstring, "it has no docstring"
    assert docstring.splitlines()[0].endswith((".", ":")), "its first line is no sentence"
    assert len(source.splitlines()) <= MOST_LINES
    assert file.stem not in VAGUE_NAMES


@pytest.mark.parametrize("file", [file for file in MODULES if "style" not in file.parts], ids=name)
def test_only_the_style_names_colours(file: Path) -> None:
    assert COLOUR.findall(file.read_text(encoding="utf-8")) == []
