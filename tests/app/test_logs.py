from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PROGRAM = """
import sys, threading
from pathlib import Path
from PySide6.QtCore import QCoreApplication, QTimer, qWarning
from app.logs import keep_logs

application = QCoreApplication([])
bugs = keep_logs(Path(sys.argv[1]))
bugs.met.connect(lambda sentence: print(sentence))

def broken_slot():
    raise ZeroDivisionError("in a slot")

def broken_thread():
    raise KeyError("in a thread")

qWarning("from Qt")
QTimer.singleShot(0, broken_slot)
QTimer.singleShot(10, lambda: threading.Thread(target=broken_thread).start())
QTimer.singleShot(200, application.quit)
application.exec()
"""


def test_bugs_are_told_and_logged_and_the_program_goes_on(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path)], capture_output=True, text=True, check=True, timeout=60
    )
    told = done.stdout.splitlines()
    assert [line.split(".")[0] for line in told] == [
        "Penjing met a bug: ZeroDivisionError",
        "Penjing met a bug: KeyError",
    ]
    log = (tmp_path / "window.log").read_text(encoding="utf-8")
    for words in ("from Qt", "in a slot", "in a thread", "Traceback"):
        assert words in log
    assert done.stderr == ""
