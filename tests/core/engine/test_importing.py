"""Imports of the engine, in a process that has imported nothing yet."""

from __future__ import annotations

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
    script = (
        "import os, core.engine\n"
        "assert os.environ['OMP_WAIT_POLICY'] == 'PASSIVE' and os.environ['CUDA_DEVICE_ORDER'] == 'PCI_BUS_ID'"
    )
    subprocess.run([sys.executable, "-c", script], check=True, cwd=ROOT)
