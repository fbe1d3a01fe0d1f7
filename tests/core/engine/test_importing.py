"""Imports of the engine, in a process that has imported nothing yet."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_the_engine_is_imported_without_a_look_at_old_objects_and_none_after() -> None:
    script = (
        "import gc, sys\n"
        "from core.engine.importing import import_engine\n"
        "before, looks = gc.get_threshold(), gc.get_stats()[2]['collections']\n"
        "import_engine()\n"
        "assert {'torch', 'transformers', 'core.engine.engine'} <= sys.modules.keys()\n"
        "assert gc.get_threshold() == before\n"
        "assert gc.get_stats()[2]['collections'] == looks\n"
        "assert gc.get_freeze_count() > 100_000\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True, cwd=ROOT)


def test_torch_finds_its_settings_when_it_is_imported() -> None:
    found = _settings({})
    assert found == {"OMP_WAIT_POLICY": "PASSIVE", "GOMP_SPINCOUNT": "2000", "CUDA_DEVICE_ORDER": "PCI_BUS_ID"}


def test_a_person_who_says_how_threads_wait_is_obeyed() -> None:
    found = _settings({"OMP_WAIT_POLICY": "ACTIVE"})
    assert (found["OMP_WAIT_POLICY"], found["GOMP_SPINCOUNT"]) == ("ACTIVE", None)
    assert _settings({"GOMP_SPINCOUNT": "5"})["GOMP_SPINCOUNT"] == "5"


def _settings(given: dict[str, str]) -> dict[str, str | None]:
    names = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "CUDA_DEVICE_ORDER")
    script = f"import json, os, core.engine; print(json.dumps({{name: os.environ.get(name) for name in {names}}}))"
    environment = {name: value for name, value in os.environ.items() if name not in names} | given
    done = subprocess.run([sys.executable, "-c", script], check=True, cwd=ROOT, env=environment, capture_output=True)
    settings: dict[str, str | None] = json.loads(done.stdout)
    return settings
