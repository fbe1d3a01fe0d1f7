"""What is written down when Penjing or its engine ends unasked: a file on this computer, sent nowhere."""

from __future__ import annotations

import platform
import sys
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

KEPT = 10
"""Reports; older ones go."""

LINES = 200
"""Of a log's end that a report holds."""

_UNSEEN = ".unseen.txt"


class CrashReports:
    """The reports in a folder, and the mark by which a start knows that the last one did not end properly.

    Args:
        data: The person's folder: reports have a folder in it, beside that of the logs whose ends they hold.
    """

    def __init__(self, data: Path) -> None:
        self._folder = data / "reports"
        self._logs = data / "logs"
        self._mark = self._folder / "running"

    def begin(self) -> None:
        """The window starts. If the last one did not end properly, that is written down now.

        To be called before this start's logs replace those of the last. Raises OSError if the folder cannot be written.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        if self._mark.exists():
            trace = read_end(self._logs / "crash.log")
            what = "Penjing crashed." if trace else "Penjing was ended from outside, or the computer was switched off."
            self.write("window", what, ("crash.log", "window.log"))
        self._mark.write_text(f"{datetime.now():%Y-%m-%d %H:%M:%S}\n", encoding="utf-8")

    def end(self) -> None:
        """The window ends as it should."""
        self._mark.unlink(missing_ok=True)

    def write(self, who: str, what: str, logs: tuple[str, ...]) -> Path:
        """Write a report.

        Args:
            who: "window" or "engine".
            what: What happened, in a sentence.
            logs: Files whose ends tell more.
        """
        now = datetime.now()
        parts = [what, "", f"{now:%Y-%m-%d %H:%M:%S}", *_system()]
        for name in logs:
            if text := read_end(self._logs / name):
                parts += ["", f"--- {name} ---", text]
        self._folder.mkdir(parents=True, exist_ok=True)
        file = self._folder / f"{now:%Y-%m-%d %H.%M.%S} {who}{_UNSEEN}"
        file.write_text("\n".join(parts) + "\n", encoding="utf-8")
        for old in self.files()[KEPT:]:
            old.unlink(missing_ok=True)
        return file

    def files(self) -> list[Path]:
        """All reports, the newest first."""
        return sorted(self._folder.glob("*.txt"), reverse=True)

    def unseen(self) -> list[Path]:
        """Reports that were not offered to the person yet, the newest first. From now on they have been."""
        found = []
        for file in self.files():
            if file.name.endswith(_UNSEEN):
                found.append(file.rename(file.with_name(file.name.removesuffix(_UNSEEN) + ".txt")))
        return found


def read_end(file: Path, lines: int = LINES) -> str:
    """The last lines of a text file; empty if there is none."""
    try:
        with file.open("rb") as stream:
            # Far more than so many lines take, far less than a log can grow to.
            stream.seek(0, 2)
            stream.seek(max(0, stream.tell() - 1024 * lines))
            text = stream.read().decode(errors="replace")
    except FileNotFoundError:
        return ""
    return "\n".join(text.splitlines()[-lines:])


def _system() -> list[str]:
    return [
        f"Penjing {version('penjing')}, Python {platform.python_version()}, Qt {version('PySide6-Essentials')}",
        f"{platform.platform()}, {platform.machine()}, {sys.byteorder}-endian",
    ]
