"""Runs Penjing as the frozen program is, without the modules that it leaves out.

`python without.py names` writes them down; `python without.py FILE families|generate` runs without those in a file.
"""

from __future__ import annotations

import importlib
import json
import sys
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
sys.path[:0] = [str(ROOT / "packaging" / "installers"), str(ROOT)]

# What PyInstaller's start of a program brings, and what Python's own start has imported already.
KEPT = {"setuptools", "_distutils_hack"}


class Without:
    """Finds what another finder finds, but for what is left out."""

    def __init__(self, finder: Any, names: set[str]) -> None:
        self._finder = finder
        self._names = names

    def find_spec(self, name: str, *more: object) -> ModuleSpec | None:
        parts = name.split(".")
        if any(".".join(parts[:length]) in self._names for length in range(1, len(parts) + 1)):
            return None
        spec: ModuleSpec | None = self._finder.find_spec(name, *more)
        return spec

    def __getattr__(self, name: str) -> Any:
        return getattr(self._finder, name)


def names() -> None:
    from contents import left_out_modules

    print(json.dumps(sorted(set(left_out_modules()) - KEPT)))


def families() -> None:
    """Import every module of ours and build every family."""
    import torch
    from transformers import AutoModelForCausalLM
    from transformers.models.auto.configuration_auto import CONFIG_MAPPING

    from core.models.layouts import FAMILIES

    for file in sorted((ROOT / "core").rglob("*.py")):
        importlib.import_module(".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"))
    for name, family in FAMILIES.items():
        config = CONFIG_MAPPING[family.text_part or name]()
        with torch.device("meta"):
            AutoModelForCausalLM.from_config(config)
        print(name)


def generate() -> None:
    from core.cli import main

    sys.exit(main(["generate", "--prompt", "What does os.path.join do?", "--max-new-tokens", "8"]))


if __name__ == "__main__":
    if sys.argv[1] == "names":
        names()
    else:
        absent = set(json.loads(Path(sys.argv[1]).read_text()))
        sys.meta_path[:] = [Without(finder, absent) for finder in sys.meta_path]
        {"families": families, "generate": generate}[sys.argv[2]]()
