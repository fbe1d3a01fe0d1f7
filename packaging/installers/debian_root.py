"""A fresh minimal Debian in a folder, and how to run programs in it, apart from the system around it."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path

SUITE = "bookworm"
PERSON = "person"
"""Name of the user in there, who has no rights beyond her own files."""

DISPLAY = ":87"
SCREENS = Path("/tmp/.X11-unix")
"""Where X servers are reached; programs in there see it too."""


class DebianRoot:
    """A minimal Debian. Whoever makes one must be root (CI and containers are; `sudo` otherwise).

    Args:
        folder: Where it goes; what is there is replaced.
        seed: A packed minimal Debian to start from; made there if it is missing.
    """

    def __init__(self, folder: Path, seed: Path) -> None:
        self.folder = folder
        if not seed.exists():
            seed.parent.mkdir(parents=True, exist_ok=True)
            command = ["mmdebstrap", "--quiet", "--variant=minbase", SUITE, str(seed)]
            subprocess.run(command, check=True)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        subprocess.run(["tar", "--extract", "--file", str(seed), "--directory", str(folder)], check=True)
        shutil.copyfile("/etc/resolv.conf", folder / "etc/resolv.conf")
        for settings in Path("/etc/apt/apt.conf.d").glob("*proxy*"):
            shutil.copyfile(settings, folder / "etc/apt/apt.conf.d" / settings.name)
        SCREENS.mkdir(exist_ok=True)
        SCREENS.chmod(0o1777)
        self.run(["useradd", "--create-home", PERSON])

    @property
    def home(self) -> Path:
        """The person's home, seen from outside."""
        return self.folder / "home" / PERSON

    def run(
        self,
        command: Iterable[str],
        *,
        person: bool = False,
        check: bool = True,
        before: str = "true",
        more: Mapping[str, str] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Runs a command in there and waits for it. The person has no network; root, who installs, has.

        Args:
            before: A shell command that root runs in the folder first; what it mounts is there for this run only.
            more: Variables of the environment.
        """
        return subprocess.run(
            self._command(command, person, before),
            env=self._environment(person, more or {}),
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=check,
        )

    def start(self, command: Iterable[str], log: Path) -> subprocess.Popen[str]:
        """Starts a command as the person, with a screen and without a network."""
        with log.open("w") as stream:
            return subprocess.Popen(
                self._command(command, True),
                env=self._environment(True, {"DISPLAY": DISPLAY}),
                text=True,
                stdout=stream,
                stderr=subprocess.STDOUT,
            )

    def listing(self, *folders: str) -> dict[str, str]:
        """What lies in there, by path: what a file holds, where a link leads."""
        found: dict[str, str] = {}
        for top in folders or ("",):
            for place, _, files in os.walk(self.folder / top):
                for name in files:
                    file = Path(place, name)
                    path = "/" + file.relative_to(self.folder).as_posix()
                    found[path] = str(file.readlink()) if file.is_symlink() else _digest(file)
        return found

    def _command(self, command: Iterable[str], person: bool, before: str = "true") -> list[str]:
        # Namespaces of their own end with the command: no mount and no process stays behind.
        spaces = ["unshare", "--mount", "--pid", "--fork", "--kill-child", *(["--net"] if person else [])]
        mounts = (
            "mount -t proc proc proc; mount --rbind /sys sys; mount --rbind /dev dev; mount -t tmpfs tmpfs run;"
            " mkdir -p tmp/.X11-unix; mount --bind /tmp/.X11-unix tmp/.X11-unix"
        )
        user = f"--userspec={PERSON}:{PERSON}" if person else "--userspec=root:root"
        # The shell stays, as the first process of its space: signals that end others do not reach a first one.
        inner = f'cd "$0" && {{ {mounts}; {before}; }} && chroot {user} "$0" "$@"; exit $?'
        return [*spaces, "sh", "-c", inner, str(self.folder), *command]

    @staticmethod
    def _environment(person: bool, more: Mapping[str, str]) -> dict[str, str]:
        home = f"/home/{PERSON}" if person else "/root"
        path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        return {"PATH": path, "HOME": home, "LANG": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive", **more}


def _digest(file: Path) -> str:
    if not file.is_file():
        return "special"
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
