"""What the frozen program runs first: `penjing`, or a module of `core` by name, as Python's own `-m` would."""

from __future__ import annotations

import multiprocessing
import os
import runpy
import sys

LIBRARIES = "LD_LIBRARY_PATH"


def main() -> int:
    """Runs what the arguments ask for. Returns the exit code."""
    free_children()
    # The processes of `bench` are started by multiprocessing; in them this call does not return.
    multiprocessing.freeze_support()
    if sys.argv[1:2] == ["-m"] and sys.argv[2:3] and sys.argv[2].startswith("core."):
        # The engine process: EngineClient starts it as it would start Python.
        module = sys.argv[2]
        del sys.argv[1:3]
        runpy.run_module(module, run_name="__main__", alter_sys=True)
        return 0
    # Not before: the engine process has no use for it, and what it imports takes its time.
    from core.cli import main as penjing  # noqa: PLC0415

    return penjing()


def free_children() -> None:
    """Lets whatever this program starts find its own libraries, as if there were no frozen program around it.

    PyInstaller's start of the program has pointed the linker to our libraries. In this process the linker has read that
    already; a browser, or the pack's Python, would take our libraries for its own. Where this very program is started
    again, it must not believe that it was done before.
    """
    os.environ.pop(LIBRARIES, None)
    before = os.environ.pop(f"{LIBRARIES}_ORIG", None)
    if before is not None:
        os.environ[LIBRARIES] = before
    os.environ["PYINSTALLER_RESET_ENVIRONMENT"] = "1"


if __name__ == "__main__":
    sys.exit(main())
