"""The environment in which Pythons are started that run our modules: this program itself, or that of the pack."""

from __future__ import annotations

import os
from pathlib import Path

from core.locations import CODE, INTERPRETER


def code_environment(interpreter: str) -> dict[str, str]:
    """For a child that runs the very code that its parent runs, installed or not."""
    path = os.pathsep.join(part for part in (str(CODE), os.environ.get("PYTHONPATH")) if part)
    # Whatever lies in the folder that Penjing was started in is not code to run.
    environment = {**os.environ, "PYTHONPATH": path, "PYTHONSAFEPATH": "1"}
    if interpreter != INTERPRETER:
        # Compiled files belong beside the Python that made them, not into the installed program.
        environment["PYTHONPYCACHEPREFIX"] = str(Path(interpreter).parent.parent / "compiled")
    return environment
