"""Opens the desktop program, and sees to it that what hinders that is read by somebody."""

from __future__ import annotations

import importlib
import os
import shutil
import subprocess
import sys

from core.errors import BadRequest, PenjingError
from core.locations import check_user_data
from core.machine.requirements import check_processor, check_window_libraries

BOXES = (
    ("zenity", "--error", "--title=Penjing", "--text"),
    ("kdialog", "--title", "Penjing", "--error"),
    ("notify-send", "Penjing"),
    ("xmessage", "-center"),
)
"""Programs of Linux desktops that show a sentence, the first that is there."""


def open_window(what: str = "") -> int:
    """Starts the desktop program and waits for its end.

    Args:
        what: What to open it at: a model's folder, a .gguf file, or a penjing: link.
    """
    screen = any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"))
    if sys.platform.startswith("linux") and not screen:
        raise BadRequest("There is no display here for a window.", "`penjing chat` is the same chat in the terminal.")
    try:
        check_processor()
        check_window_libraries()
        check_user_data()
        # By name: core knows no front end, it only starts the one that is installed beside it.
        code: int = importlib.import_module("app.main").main(what)
    except PenjingError as error:
        _show(str(error))
        raise
    return code


def _show(sentence: str) -> None:
    """Show a sentence on the screen, if there is no terminal in which it could be read."""
    if sys.platform == "win32":
        import ctypes

        ctypes.windll.user32.MessageBoxW(None, sentence, "Penjing", 0x10)
    elif not (sys.stderr and sys.stderr.isatty()):
        for program, *options in BOXES:
            if shutil.which(program):
                subprocess.run([program, *options, sentence], check=False, capture_output=True)
                return
