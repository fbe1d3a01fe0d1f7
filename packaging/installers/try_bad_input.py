"""Part of install_test.py: what a person reads whose computer lacks something. One sentence, and nothing is written."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from debian_root import DISPLAY, PERSON, DebianRoot
from trying import require, say

HOME = f"/home/{PERSON}"
INSTALLER = ["sh", f"{HOME}/penjing.run"]
PROGRAM = f"{HOME}/.local/opt/penjing/penjing"
GENERATE = [PROGRAM, "generate", "--prompt", "What does os.path.join do?"]

NO_ROOM = f"mount -t tmpfs -o size=100m,mode=777 tmpfs .{HOME}/.local"
NO_ROOM_IN_OPT = "mount -t tmpfs -o size=100m tmpfs opt"
OLD_PROCESSOR = "sed 's/ avx2//' proc/cpuinfo >run/cpuinfo; mount --bind run/cpuinfo proc/cpuinfo"
OLD_LIBRARY = (
    "printf '#!/bin/sh\\necho glibc 2.28\\n' >run/getconf; chmod 755 run/getconf;"
    " mount --bind run/getconf usr/bin/getconf"
)
READ_ONLY = f"mount --bind .{HOME} .{HOME}; mount -o remount,bind,ro .{HOME}"
"""Shell commands for `DebianRoot.run` that take something away."""

ON_SCREEN = {"DISPLAY": DISPLAY}


def try_minimal(root: DebianRoot, package: Path, archive: Path) -> None:
    """In a Debian without a desktop's libraries and xz: install, start, and take away what else may be missing."""
    shutil.copyfile(archive, root.home / "penjing.run")
    shutil.copyfile(package, root.folder / "tmp/penjing.deb")
    fails(root, "no xz", INSTALLER, "takes the program xz, which is missing")
    root.run(["apt-get", "update", "--quiet=2"])
    root.run(["apt-get", "install", "--yes", "--quiet=2", "--no-install-recommends", "xz-utils"])
    root.run(["mkdir", f"{HOME}/.local"], person=True)
    before = root.listing(f"home/{PERSON}")
    fails(root, "no room", INSTALLER, r"needs \d+ MB in .*, and \d+ MB are free", NO_ROOM)
    fails(root, "no AVX2", INSTALLER, "needs a processor with AVX2", OLD_PROCESSOR)
    fails(root, "an old C library", INSTALLER, r"needs the GNU C library .*, and this system has 2\.28", OLD_LIBRARY)
    fails(root, "a home that is read-only", INSTALLER, "cannot be written", READ_ONLY)
    require(root.listing(f"home/{PERSON}") == before, "an installer that refuses leaves something behind")

    done = root.run(INSTALLER, person=True, check=False)
    require(done.returncode == 0 and "needs libraries that this system lacks" in done.stdout, f"it says {done.stdout}")
    fails(root, "no libraries for a window", [PROGRAM], "needs a library that this system lacks: lib", more=ON_SCREEN)
    fails(root, "no screen", [PROGRAM], "There is no display here")
    fails(root, "no AVX2", GENERATE, "no AVX2 instructions", OLD_PROCESSOR)
    shutil.rmtree(root.home / ".local/share/penjing", ignore_errors=True)
    fails(root, "a home that is read-only", GENERATE, "cannot be written", READ_ONLY)
    # Where the folder is there already, what cannot be kept is no reason not to answer.
    for taken_away in ("true", READ_ONLY):
        done = root.run(GENERATE, person=True, check=False, before=taken_away)
        require("pathname components" in done.stdout, f"it answers {done.stdout!r}")

    unpack = ["dpkg", "--install", "/tmp/penjing.deb"]
    fails(root, "no room", unpack, r"needs \d+ MB in /opt, and \d+ MB are free", NO_ROOM_IN_OPT, person=False)
    say("Bad input: one sentence each.")


def try_complete(root: DebianRoot) -> None:
    """Where everything is installed, and only the person's home is not as it should be."""
    fails(root, "a home that is read-only", ["penjing"], "cannot be written", READ_ONLY, more=ON_SCREEN)


def fails(
    root: DebianRoot,
    what: str,
    command: list[str],
    sentence: str,
    before: str = "true",
    person: bool = True,
    more: dict[str, str] | None = None,
) -> None:
    """Raises Failed unless a command fails with a sentence, given as a pattern, and nothing only programmers read."""
    done = root.run(command, person=person, check=False, before=before, more=more)
    text = " ".join(done.stdout.split())
    require(done.returncode, f"{what}: it does not fail, but says {text!r}")
    require(re.search(sentence, text) and "Traceback" not in text, f"{what}: it says {text!r}")
    say(f"  {what}: {text}")
