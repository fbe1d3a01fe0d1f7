"""What Penjing cannot do without on a computer, each thing with a sentence for when it is missing. Imports no Qt."""

from __future__ import annotations

import ctypes
import importlib.util
import os
import platform
import sys
from collections.abc import Callable
from pathlib import Path

from core.errors import UnsupportedComputer
from core.machine.processor import parse_cpuinfo

CPUINFO = Path("/proc/cpuinfo")


def check_processor(cpuinfo: Path = CPUINFO) -> None:
    """Raises UnsupportedComputer on an Intel or AMD processor without AVX2, where PyTorch's products would crash.

    Only Linux offers a cheap way to ask; elsewhere, and for other kinds of processors, nothing is checked.
    """
    if not sys.platform.startswith("linux") or platform.machine() != "x86_64":
        return
    try:
        _, flags = parse_cpuinfo(cpuinfo.read_text("utf-8", errors="replace"))
    except OSError:
        return
    if flags and "avx2" not in flags:
        raise UnsupportedComputer(
            "This computer's processor has no AVX2 instructions, which PyTorch needs.",
            "Use a computer with a processor from 2014 or later.",
        )


def check_window_libraries(load: Callable[[str], object] = ctypes.CDLL) -> None:
    """Raises UnsupportedComputer if Linux lacks a library that the window needs, and names it.

    Qt itself would end the process over it. What is loaded here is what Qt loads next, so it costs nothing.
    """
    if not sys.platform.startswith("linux") or os.environ.get("QT_QPA_PLATFORM"):
        return
    spec = importlib.util.find_spec("PySide6")
    if spec is None or not spec.submodule_search_locations:
        return
    name = "libqxcb.so" if os.environ.get("DISPLAY") else "libqwayland.so"
    plugin = Path(spec.submodule_search_locations[0]) / "Qt/plugins/platforms" / name
    try:
        load(str(plugin))
    except OSError as error:
        # In the frozen program ctypes has words of its own, and the linker's behind them.
        library = str(error.__cause__ or error).partition(":")[0]
        raise UnsupportedComputer(
            f"The window needs a library that this system lacks: {library}.",
            "Install Penjing's Debian package, which brings what it needs, or the package of your system that has it; "
            "`penjing doctor` lists all that are missing.",
        ) from error
