from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from app.crash_reports import KEPT, CrashReports, read_end

PROGRAM = """
import os, sys, signal
from pathlib import Path
from PySide6.QtCore import QCoreApplication
from app.crash_reports import CrashReports
from app.logs import keep_logs
import logging

application = QCoreApplication([])
folder = Path(sys.argv[1])
reports = CrashReports(folder)
reports.begin()
keep_logs(folder / "logs")
logging.getLogger("app").info("the last words")
if sys.argv[2] != "none":
    os.kill(os.getpid(), int(sys.argv[2]))
reports.end()
"""


def start(folder: Path, end: str) -> None:
    subprocess.run([sys.executable, "-c", PROGRAM, str(folder), end], capture_output=True, check=False, timeout=60)


@pytest.mark.skipif(sys.platform == "win32", reason="signals are told apart on POSIX only")
@pytest.mark.parametrize(
    ("number", "what"), [(signal.SIGSEGV, "Penjing crashed."), (signal.SIGKILL, "ended from outside")]
)
def test_a_window_that_did_not_end_properly_is_reported_at_the_next_start_once(
    tmp_path: Path, number: int, what: str
) -> None:
    start(tmp_path, str(int(number)))
    start(tmp_path, "none")
    reports = CrashReports(tmp_path)
    (report,) = reports.unseen()
    text = report.read_text(encoding="utf-8")
    assert what in text
    assert "the last words" in text
    assert ("Fatal Python error" in text) == (number == signal.SIGSEGV)
    assert reports.unseen() == []
    assert reports.files() == [report]


def test_a_window_that_ended_properly_is_not_reported(tmp_path: Path) -> None:
    start(tmp_path, "none")
    start(tmp_path, "none")
    assert CrashReports(tmp_path).files() == []


def test_a_report_holds_what_happened_and_the_ends_of_the_logs_that_are_there(tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    logs.mkdir()
    (logs / "engine.log").write_text("".join(f"line {n}\n" for n in range(1000)), encoding="utf-8")
    reports = CrashReports(tmp_path)
    reports.begin()
    file = reports.write("engine", "The engine stopped: it crashed (SIGSEGV).", ("engine.log", "absent.log"))
    text = file.read_text(encoding="utf-8")
    assert text.startswith("The engine stopped: it crashed (SIGSEGV).\n")
    assert "line 999" in text
    assert "line 800" in text
    assert "line 799" not in text
    assert "absent" not in text


def test_old_reports_go(tmp_path: Path) -> None:
    reports = CrashReports(tmp_path)
    reports.begin()
    for number in range(KEPT + 3):
        (tmp_path / "reports" / f"2020-01-{number + 1:02} 00.00.00 engine.txt").write_text("old", encoding="utf-8")
    newest = reports.write("engine", "It stopped.", ())
    assert len(reports.files()) == KEPT
    assert reports.files()[0] == newest


def test_the_end_of_a_file_is_read_whole_lines_from_the_last(tmp_path: Path) -> None:
    file = tmp_path / "log"
    assert read_end(file) == ""
    file.write_bytes(b"\xff\n" + b"x" * 5000 + b"\nlast\n")
    assert read_end(file, 1) == "last"
