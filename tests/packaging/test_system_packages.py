"""packaging/system_packages.py: installs where it may, names the one command where it may not."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "packaging" / "system_packages.py"
LIST = SCRIPT.with_name("system-packages.txt")

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems need no packages")


@pytest.fixture
def system(tmp_path: Path) -> Path:
    """A folder of commands that only note how they were called, and a copy of the script whose list asks for more."""
    commands = tmp_path / "bin"
    commands.mkdir()
    for name in ("apt-get", "sudo", "env"):
        command = commands / name
        command.write_text(f'#!/bin/sh\necho {name} "$@" >> {tmp_path}/called\n')
        command.chmod(0o755)
    (tmp_path / SCRIPT.name).write_bytes(SCRIPT.read_bytes())
    (tmp_path / LIST.name).write_text(
        "# comment\nalways libc6 libc.so.6\nalways libnone1 libnone.so.1\nwindow libpane2 libpane.so.2\n"
    )
    return tmp_path


def see_to(need: str, system: Path, user: str = "root") -> subprocess.CompletedProcess[str]:
    # The user id is the one thing a test cannot choose for a process, so the script is told another one.
    uid = 0 if user == "root" else 1000
    start = f"import os, runpy, sys; os.geteuid = lambda: {uid}; sys.argv[1:] = [{need!r}]"
    program = f"{start}; runpy.run_path({str(system / SCRIPT.name)!r}, run_name='__main__')"
    return subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PATH": str(system / "bin")},
    )


def called(system: Path) -> str:
    log = system / "called"
    return log.read_text() if log.exists() else ""


def test_a_file_is_looked_for_where_it_should_be(system: Path) -> None:
    (system / LIST.name).write_text(f"always here {system}/bin/apt-get\nalways gone {system}/gone\n")
    see_to("always", system)
    assert called(system).splitlines()[-1].endswith("--no-install-recommends gone")


def test_root_installs_what_is_missing_and_only_that(system: Path) -> None:
    done = see_to("always", system)
    assert done.returncode == 0
    install = called(system).splitlines()[-1]
    assert install.startswith("env DEBIAN_FRONTEND=noninteractive apt-get install")
    assert install.endswith("libnone1")


def test_a_window_needs_more_than_a_hidden_one(system: Path) -> None:
    see_to("window", system)
    assert called(system).splitlines()[-1].endswith("libnone1 libpane2")


def test_without_rights_the_one_command_is_printed(system: Path) -> None:
    (system / "bin" / "sudo").write_text("#!/bin/sh\nexit 1\n")
    done = see_to("always", system, user="somebody")
    assert done.returncode == 1
    assert "sudo apt-get update" in done.stdout
    assert "install" in done.stdout
    assert "libnone1" in done.stdout
    assert called(system) == ""


def test_a_sudo_that_asks_nothing_is_used(system: Path) -> None:
    assert see_to("always", system, user="somebody").returncode == 0
    assert called(system).splitlines()[-1].startswith("sudo -n env DEBIAN_FRONTEND=noninteractive apt-get install")


def test_systems_without_apt_get_the_names(system: Path) -> None:
    (system / "bin" / "apt-get").unlink()
    done = see_to("window", system)
    assert done.returncode == 1
    assert "libnone1, libpane2" in done.stdout


def test_a_failed_installation_is_a_failure(system: Path) -> None:
    (system / "bin" / "env").write_text("#!/bin/sh\nexit 100\n")
    assert see_to("always", system).returncode == 100


def test_the_real_list_names_each_file_once_and_what_it_is_for() -> None:
    lines = [line.split() for line in LIST.read_text().splitlines() if not line.startswith("#")]
    files = [file for _, _, file in lines]
    assert len(files) == len(set(files))
    for when, _, file in lines:
        assert when in ("always", "window", "installer", "install-test")
        assert when.startswith("install") or file == "any-font" or ".so." in file
