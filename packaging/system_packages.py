"""Sees to what the operating system must provide: `python3 packaging/system_packages.py NEED`, venv or one of NEEDS.

Installs what is missing if it may (as root or with a sudo that asks for no password); otherwise prints the one command
that does, and ends with exit code 1. Runs before anything is installed, so it uses the standard library alone.
"""

from __future__ import annotations

import ctypes
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

PACKAGES = Path(__file__).with_name("system-packages.txt")
NEEDS = {
    "always": {"always"},
    "window": {"always", "window"},
    "installer": {"always", "window", "installer"},
    "install-test": {"always", "window", "installer", "install-test"},
}
"""Which kinds of lines of the list each need takes."""

FONT_FOLDERS = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"), Path.home() / ".local/share/fonts")


def main(need: str) -> int:
    """Provides for `need`: "venv" (virtual environments), or one of NEEDS."""
    if not sys.platform.startswith("linux"):
        return 0
    missing = missing_venv() if need == "venv" else missing_packages(need)
    if not missing:
        return 0
    if shutil.which("apt-get") is None:
        print(f"Missing: {', '.join(missing)} (Debian's names). Install them with your system's package manager.")
        return 1
    update = ["apt-get", "update", "--quiet=2"]
    install = ["apt-get", "install", "--quiet=2", "--yes", "--no-install-recommends", *missing]
    prefix = privilege()
    if prefix is None:
        print("Some packages of the system are missing. Run this once, then try again:")
        print(f"  sudo {' '.join(update)} && sudo {' '.join(install)}")
        return 1
    print(f"Installing packages of the system: {' '.join(missing)}", flush=True)
    # Package lists may be absent (containers) or stale; if they cannot be renewed, those at hand may still do.
    subprocess.run([*prefix, *update], check=False)
    return subprocess.run([*prefix, "env", "DEBIAN_FRONTEND=noninteractive", *install], check=False).returncode


def missing_venv() -> list[str]:
    """Debian splits the part of Python that makes virtual environments into a package of its own."""
    if importlib.util.find_spec("venv") and importlib.util.find_spec("ensurepip"):
        return []
    return [f"python3.{sys.version_info.minor}-venv"]


def missing_packages(need: str) -> list[str]:
    """Packages of the list, up to what `need` asks for, whose file is not there."""
    needs = NEEDS[need]
    lines = [line.split() for line in PACKAGES.read_text().splitlines() if line and not line.startswith("#")]
    return list(dict.fromkeys(package for when, package, file in lines if when in needs and not present(file)))


def present(file: str) -> bool:
    """Whether the linker finds the library, the shell the program, a path exists, or for "any-font" there is one."""
    if file == "any-font":
        fonts = (font for folder in FONT_FOLDERS for font in folder.rglob("*.[ot]tf"))
        return next(fonts, None) is not None
    if file.startswith("/"):
        return Path(file).exists()
    if ".so" not in file:
        return shutil.which(file) is not None
    try:
        ctypes.CDLL(file)
    except OSError:
        return False
    return True


def privilege() -> list[str] | None:
    """What to put before a command to run it as root without being asked anything; None if that is not possible."""
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo") is None:
        return None
    allowed = subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False).returncode == 0
    return ["sudo", "-n"] if allowed else None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
