"""Tries the installers out: `sudo python packaging/installers/install_test.py FOLDER`, where FOLDER holds them.

Installs the Debian package into a fresh minimal Debian, works with the program there as a person without rights and
without a network, upgrades from an older version, removes and purges it; then the same with the installer for one
person. Every file that appeared or changed meanwhile must lie where it may. A computer that lacks something must be
told so. Prints what it measured.
"""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import psutil

from core.sizes import format_size
from debian_root import DISPLAY, PERSON, DebianRoot
from try_bad_input import try_complete, try_minimal
from trying import Failed, require, say

T = TypeVar("T")

QUESTION = "What does os.path.join do?"
ANSWER = "pathname components"
OLD_VERSION = "0.0.1"

MOST_PACKAGE_BYTES = 280_000_000
MOST_INSTALLED_BYTES = 900_000_000
MOST_SECONDS_TO_ANSWER = 10.0
MOST_SECONDS_TO_WINDOW = 1.5

SCREEN = {"DISPLAY": DISPLAY, "PATH": "/usr/bin:/bin"}

OWN_FOLDERS = tuple(f"/home/{PERSON}/{name}/" for name in (".local/share/penjing", ".config", ".cache"))
"""Where the program may write."""


def main(folder: Path) -> None:
    """Runs all that there is to try."""
    (package,) = folder.glob("penjing_*.deb")
    (archive,) = folder.glob("penjing-*.run")
    work = folder / "install-test"
    say(f"{package.name}: {format_size(package.stat().st_size)}")
    require(package.stat().st_size <= MOST_PACKAGE_BYTES, "the package is too big")
    seed = work / "debian.tar"
    with screen():
        try_minimal(DebianRoot(work / "root", seed), package, archive)
        root = DebianRoot(work / "root", seed)
        try_package(root, package, older(package, work))
        try_archive(root, archive)
    shutil.rmtree(work / "root")
    say("All is well.")


def try_package(root: DebianRoot, package: Path, old: Path) -> None:
    """Install an old version, work, upgrade, work on, remove, purge."""
    install(root, old)
    installed = root.listing()
    say(f"installed: {format_size(size := tree_bytes(root.folder / 'opt/penjing'))}")
    require(size <= MOST_INSTALLED_BYTES, "the installed program is too big")

    require("penjing" in root.run(["penjing", "--version"], person=True).stdout, "it does not say its version")
    doctor = json.loads(root.run(["penjing", "doctor", "--json"], person=True).stdout)
    problems = [finding for finding in doctor["findings"] if finding["problem"] and finding["topic"] != "memory"]
    require(not problems, f"doctor finds problems: {problems}")
    try_generate(root)
    try_complete(root)
    chats = try_window(root, "/usr/bin/penjing")
    check_written(root, installed)

    install(root, package)
    require(root.run(["dpkg-query", "-W", "penjing"]).stdout.split()[1] != OLD_VERSION, "the upgrade did not happen")
    require(answers(root) == chats, "the upgrade lost chats")
    before = root.listing()
    require(len(try_window(root, "/usr/bin/penjing")) == len(chats) + 1, "after the upgrade no chat can be added")
    check_written(root, before)

    root.run(["apt-get", "remove", "--yes", "penjing"])
    require(not (root.folder / "opt/penjing").exists(), "removing leaves files in /opt/penjing")
    root.run(["apt-get", "purge", "--yes", "penjing"])
    left = [path for path in root.listing() if "penjing" in path.lower() and not path.startswith(OWN_FOLDERS)]
    left = [path for path in left if not path.startswith(("/var/log/", "/var/cache/apt/"))]
    require(not left, f"purging leaves {left}")
    require(len(answers(root)) == len(chats) + 1, "removing took the chats")
    say("Debian package: installed, answered, upgraded, removed, purged.")


def try_archive(root: DebianRoot, archive: Path) -> None:
    """Install for one person, work, install over it, remove."""
    shutil.copyfile(archive, root.home / "penjing.run")
    # What unpacks it is on every desktop, but not in a minimal Debian.
    root.run(["apt-get", "install", "--yes", "--quiet=2", "--no-install-recommends", "xz-utils"])
    before = root.listing()
    program = f"/home/{PERSON}/.local/opt/penjing/penjing"
    for _ in ("install", "upgrade"):
        done = root.run(["sh", f"/home/{PERSON}/penjing.run"], person=True, check=False)
        require(done.returncode == 0, f"the installer fails: {done.stdout}")
    outside = [path for path in changed(before, root.listing()) if not path.startswith(f"/home/{PERSON}/.local/")]
    require(not outside, f"the installer writes {outside}")
    chats = answers(root)
    require(len(try_window(root, program)) == len(chats) + 1, "the installed program keeps no chat")
    root.run([f"{program.rpartition('/')[0]}/uninstall.sh"], person=True)
    left = [path for path in changed(before, root.listing()) if not path.startswith(OWN_FOLDERS)]
    left = [path for path in left if not path.endswith(("mimeinfo.cache", "mime.cache")) and "/mime/" not in path]
    require(not left, f"uninstalling leaves {left}")
    say("Installer for one person: installed, upgraded, answered, removed.")


def install(root: DebianRoot, package: Path) -> None:
    """As `apt install ./FILE` does."""
    shutil.copyfile(package, root.folder / "tmp" / package.name)
    root.run(["apt-get", "update", "--quiet=2"])
    command = ["apt-get", "install", "--yes", "--quiet=2", "--no-install-recommends", f"/tmp/{package.name}"]
    done = root.run(command, check=False)
    require(done.returncode == 0, f"the package does not install: {done.stdout}")
    (root.folder / "tmp" / package.name).unlink()


def older(package: Path, work: Path) -> Path:
    """The same package under an older version, to upgrade from."""
    tree = work / "older"
    shutil.rmtree(tree, ignore_errors=True)
    subprocess.run(["dpkg-deb", "--raw-extract", str(package), str(tree)], check=True)
    control = tree / "DEBIAN" / "control"
    control.write_text(re.sub(r"(?m)^Version: .*$", f"Version: {OLD_VERSION}", control.read_text()))
    (tree / "opt/penjing/gone-in-the-next-version").write_text("A file that the upgrade must remove.\n")
    file = work / "older.deb"
    command = ["dpkg-deb", "--root-owner-group", "-Zzstd", "-z1", "--build", str(tree), str(file)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    shutil.rmtree(tree)
    return file


def try_generate(root: DebianRoot) -> None:
    """One reply from the command line, measured from the start of the program to its end."""
    began = time.monotonic()
    done = root.run(["penjing", "generate", "--prompt", QUESTION], person=True)
    seconds = time.monotonic() - began
    require(ANSWER in done.stdout, f"generate answers {done.stdout!r}")
    say(f"generate: {seconds:.1f} s from start to end")
    require(seconds <= MOST_SECONDS_TO_ANSWER, "generate is too slow")


def try_window(root: DebianRoot, program: str) -> list[str]:
    """Open the window, type a question, wait until the answer is kept, close it. Returns all answers kept so far."""
    kept = answers(root)
    log = root.folder.parent / "window.log"
    process = root.start([program], log)
    try:
        wait_for(find_window, 30, "no window appears", log)
        time.sleep(3)  # A person looks first; the engine comes up meanwhile.
        press("key", "Escape")  # Leaves the pages of the first run, as a person in a hurry does.
        time.sleep(5)  # However busy the computer is, the chat has the keyboard by now.
        press("type", "--delay", "20", QUESTION)
        press("key", "Return")
        found = wait_for(lambda: now if (now := answers(root)) != kept else [], 60, "no answer is kept", log)
        require(any(ANSWER in answer for answer in found), f"the window answers {found}")
        seconds = painted_after(root)
        say(f"window: painted {seconds:.2f} s after its start")
        require(seconds <= MOST_SECONDS_TO_WINDOW, "the window is too slow")
        return found
    finally:
        close(process)


def close(process: subprocess.Popen[str]) -> None:
    """End the program as a desktop does when a person leaves it; its engine ends with it."""
    for child in psutil.Process(process.pid).children(recursive=True):
        if child.name() == "penjing":
            child.terminate()
    try:
        process.wait(timeout=30)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def press(*keys: str) -> None:
    """Press keys, as on a keyboard."""
    subprocess.run(["xdotool", *keys], check=True, env=SCREEN)


def answers(root: DebianRoot) -> list[str]:
    """The complete replies in the person's chats, oldest first."""
    file = root.home / ".local/share/penjing/chats.sqlite3"
    if not file.exists():
        return []
    with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as chats:
        try:
            rows = chats.execute("select content from messages where role = 'assistant' order by id").fetchall()
        except sqlite3.OperationalError:
            return []
    return [text for (text,) in rows if text]


def painted_after(root: DebianRoot) -> float:
    """Seconds from the start of the program to the first paint, as its log says for the last start."""
    log = (root.home / ".local/share/penjing/logs/window.log").read_text()
    return float(re.findall(r"first paint ([\d.]+) s after", log)[-1])


def find_window() -> str:
    found = subprocess.run(
        ["xdotool", "search", "--onlyvisible", "--name", "^Penjing"],
        capture_output=True,
        text=True,
        check=False,
        env=SCREEN,
    )
    return found.stdout.strip()


def wait_for(look: Callable[[], T], seconds: float, complaint: str, log: Path) -> T:
    """What `look` returns once that is true. Raises Failed, with the end of the log, when the time is over."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := look():
            return found
        time.sleep(0.2)
    raise Failed(f"{complaint}; its output ends with:\n{log.read_text()[-2000:]}")


def check_written(root: DebianRoot, before: dict[str, str]) -> None:
    """Raises Failed if a file appeared or changed that is neither the person's nor under the program's hands."""
    strange = [path for path in changed(before, root.listing()) if not path.startswith(OWN_FOLDERS)]
    require(not strange, f"the program has written {strange}")


def changed(before: dict[str, str], after: dict[str, str]) -> list[str]:
    """Paths that are new or hold something else."""
    return [path for path, content in after.items() if before.get(path) != content]


def tree_bytes(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file() and not file.is_symlink())


@contextmanager
def screen() -> Iterator[None]:
    """A screen that nobody sees, for as long as this lasts."""
    server = subprocess.Popen(["Xvfb", DISPLAY, "-screen", "0", "1280x800x24", "-nolisten", "tcp", "-ac"])
    try:
        time.sleep(1)
        yield
    finally:
        server.terminate()
        server.wait()


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]).resolve())
    except Failed as failure:
        sys.exit(f"Failed: {failure}")
