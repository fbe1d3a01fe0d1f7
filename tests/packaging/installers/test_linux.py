"""The Debian package and the installer for one person, made from a small program in place of the frozen one."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import archive
import debian
from elf import Needs

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux") or shutil.which("dpkg-deb") is None, reason="needs dpkg"
)
LINUX = Path(debian.HERE) / "linux"


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stands for what freeze.py leaves."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    folder = tmp_path / "program"
    (folder / "_internal").mkdir(parents=True)
    (folder / "penjing").write_text("#!/bin/sh\necho penjing 0.9.0\n")
    (folder / "penjing").chmod(0o755)
    (folder / "_internal/library").write_text("x" * 5000)
    return folder


def test_dependencies_follow_from_what_the_files_need() -> None:
    found = debian.dependencies(Needs({"libEGL.so.1": ["a"], "libxcb-cursor.so.0": ["b"]}, (2, 34)))
    assert found[0] == "libc6 (>= 2.34)"
    assert {"libegl1", "libxcb-cursor0", "fonts-dejavu-core"} <= set(found)


def test_a_library_of_unknown_origin_stops_the_build() -> None:
    with pytest.raises(debian.UnknownLibrary, match=r"some/file needs libstrange\.so\.9"):
        debian.dependencies(Needs({"libstrange.so.9": ["some/file"]}, (2, 34)))


def test_a_package_says_what_it_is_and_puts_everything_in_place(program: Path, tmp_path: Path) -> None:
    package = debian.main(program, tmp_path / "out")
    assert package.name.startswith("penjing_0.9.0_")
    listing = subprocess.run(["dpkg-deb", "--contents", package], capture_output=True, text=True, check=True).stdout
    for path in ("./opt/penjing/penjing", "./usr/bin/penjing -> /opt/penjing/penjing", *debian.INSTALLED.values()):
        assert path.removesuffix(".1") in listing
    assert "root/root" in listing
    control = subprocess.run(["dpkg-deb", "--field", package], capture_output=True, text=True, check=True).stdout
    assert re.search(r"(?m)^Version: 0\.9\.0$", control)
    assert re.search(r"(?m)^Depends: libc6 \(>= ", control)


def test_two_packages_of_one_program_are_the_same(program: Path, tmp_path: Path) -> None:
    first, second = (debian.main(program, tmp_path / name).read_bytes() for name in ("one", "two"))
    assert first == second


@pytest.mark.parametrize("script", ["preinst", "postinst", "prerm", "postrm", "installer.sh"])
def test_scripts_are_ones_that_any_shell_reads(script: str) -> None:
    subprocess.run(["sh", "-n", str(LINUX / script)], check=True)


def test_desktop_files_are_valid() -> None:
    entry = (LINUX / "penjing.desktop").read_text()
    assert re.search(r"(?m)^Exec=penjing --open %u$", entry)
    if shutil.which("desktop-file-validate"):
        subprocess.run(["desktop-file-validate", str(LINUX / "penjing.desktop")], check=True)
    if shutil.which("appstreamcli"):
        metainfo = str(LINUX / "io.github.penjing.Penjing.metainfo.xml")
        subprocess.run(["appstreamcli", "validate", "--no-net", metainfo], check=True, stdout=subprocess.DEVNULL)


def run_installer(file: Path, home: Path, *options: str) -> subprocess.CompletedProcess[str]:
    environment = {"HOME": str(home), "PATH": os.environ["PATH"]}
    return subprocess.run(["sh", str(file), *options], env=environment, capture_output=True, text=True, check=False)


@pytest.fixture
def installer(program: Path, tmp_path: Path) -> Path:
    return archive.main(program, tmp_path / "out")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "a person's home".replace("'", "")
    (folder / ".local/share/penjing").mkdir(parents=True)
    (folder / ".local/share/penjing/chats.sqlite3").write_text("chats")
    return folder


def files(home: Path) -> set[str]:
    return {file.relative_to(home).as_posix() for file in home.rglob("*") if file.is_file() or file.is_symlink()}


def test_one_person_installs_upgrades_and_removes(installer: Path, home: Path) -> None:
    before = files(home)
    for _ in range(2):
        done = run_installer(installer, home)
        assert done.returncode == 0, done.stderr
    command = home / ".local/bin/penjing"
    assert subprocess.run([command], capture_output=True, text=True, check=True).stdout == "penjing 0.9.0\n"
    entry = (home / ".local/share/applications/penjing.desktop").read_text()
    assert f'Exec="{home}/.local/opt/penjing/penjing" --open %u' in entry
    assert not (home / ".local/opt/penjing.old").exists()
    subprocess.run([home / ".local/opt/penjing/uninstall.sh"], check=True, env={"PATH": "/usr/bin:/bin"})
    assert {path for path in files(home) - before if "mime" not in path} == set()
    assert before <= files(home)


def test_purging_takes_the_chats_too(installer: Path, home: Path) -> None:
    run_installer(installer, home)
    subprocess.run([home / ".local/opt/penjing/uninstall.sh", "--purge"], check=True, env={"PATH": "/usr/bin:/bin"})
    assert not (home / ".local/share/penjing").exists()


def test_a_damaged_file_is_refused_and_changes_nothing(installer: Path, home: Path) -> None:
    before = files(home)
    content = bytearray(installer.read_bytes())
    content[-5] ^= 1
    installer.write_bytes(content)
    done = run_installer(installer, home)
    assert done.returncode == 1
    assert "damaged" in done.stderr
    assert files(home) == before


def test_too_little_room_is_told(installer: Path, home: Path) -> None:
    installer.write_bytes(re.sub(rb"needed_kib=\d+", b"needed_kib=99999999999999", installer.read_bytes()))
    done = run_installer(installer, home)
    assert done.returncode == 1
    assert "Free some space" in done.stderr


def test_an_old_system_is_told(installer: Path, home: Path) -> None:
    installer.write_bytes(re.sub(rb"\nglibc=\S+", b"\nglibc=99.1", installer.read_bytes()))
    assert "needs the GNU C library 99.1" in run_installer(installer, home).stderr


def test_something_else_in_its_place_stays(installer: Path, home: Path) -> None:
    (home / "mine").mkdir()
    (home / "mine/file").write_text("mine")
    done = run_installer(installer, home, "--prefix", str(home / "mine"))
    assert done.returncode == 1
    assert "something else" in done.stderr
    assert (home / "mine/file").read_text() == "mine"


def test_missing_libraries_are_named(installer: Path, home: Path) -> None:
    changed = installer.read_bytes().replace(b'libraries="', b'libraries="libnone.so.1=libnone1 ')
    installer.write_bytes(changed)
    done = run_installer(installer, home)
    assert done.returncode == 0
    assert "libnone1" in done.stderr
