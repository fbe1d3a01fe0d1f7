"""The Debian package and the installer for one person, made from a small program in place of the frozen one."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
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
    paths = ["./opt/penjing/penjing", "./usr/bin/penjing -> /opt/penjing/penjing", debian.MANUAL]
    assert all(path in listing for path in [*paths, *debian.INSTALLED.values()])
    assert "root/root" in listing
    control = subprocess.run(["dpkg-deb", "--field", package], capture_output=True, text=True, check=True).stdout
    assert re.search(r"(?m)^Version: 0\.9\.0$", control)
    assert re.search(r"(?m)^Depends: libc6 \(>= ", control)


@pytest.mark.parametrize("make", [debian.main, archive.main])
def test_two_installers_of_one_program_are_the_same(
    program: Path, tmp_path: Path, make: Callable[[Path, Path], Path]
) -> None:
    again = tmp_path / "again"
    shutil.copytree(program, again, copy_function=shutil.copyfile)
    os.link(again / "penjing", tmp_path / "another name")
    for file in again.rglob("*"):
        os.utime(file, (1, 1))
        file.chmod(0o700)
        if os.geteuid() == 0:
            os.chown(file, 1234, 1234)
    (program / "_internal/library").chmod(0o755)
    first, second = make(program, tmp_path / "one"), make(again, tmp_path / "two")
    assert first.read_bytes() == second.read_bytes()


@pytest.mark.parametrize("script", ["preinst", "postinst", "prerm", "postrm", "installer.sh"])
def test_scripts_are_ones_that_any_shell_reads(script: str) -> None:
    subprocess.run(["sh", "-n", str(LINUX / script)], check=True)


@pytest.mark.parametrize(("free", "code"), [(949_999, 1), (950_000, 0)])
def test_the_package_looks_for_room_before_it_is_unpacked(free: int, code: int, tmp_path: Path) -> None:
    (tmp_path / "df").write_text(f"#!/bin/sh\necho 'Filesystem 1024-blocks Used Available'\necho 'x 9 9 {free}'\n")
    (tmp_path / "df").chmod(0o755)
    environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    command = ["sh", str(LINUX / "preinst"), "install"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == code
    assert ("Free some space" in done.stderr) == bool(code)


@pytest.mark.parametrize(("flags", "noted"), [("fpu avx", True), ("fpu avx avx2", False)])
def test_the_package_notes_a_processor_that_it_does_not_run_on(flags: str, noted: bool, tmp_path: Path) -> None:
    (tmp_path / "cpuinfo").write_text(f"flags\t\t: {flags}\n")
    script = (LINUX / "postinst").read_text().replace("/proc/cpuinfo", str(tmp_path / "cpuinfo"))
    # Without the programs that renew the desktop's lists: they would renew those of this computer.
    environment = {"PATH": str(only(tmp_path / "commands", "sh", "grep"))}
    command = ["sh", "-s", "configure"]
    done = subprocess.run(command, input=script, env=environment, capture_output=True, text=True, check=False)
    assert ("AVX2" in done.stderr) == noted


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


def only(folder: Path, *names: str) -> Path:
    """Makes a folder with these programs, to be all that there are."""
    folder.mkdir()
    for name in names:
        (folder / name).symlink_to(shutil.which(name) or name)
    return folder


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


def test_an_old_processor_is_told(installer: Path, home: Path, tmp_path: Path) -> None:
    before = files(home)
    (tmp_path / "cpuinfo").write_text("flags\t\t: fpu sse4_2 avx avx512\n")
    installer.write_bytes(installer.read_bytes().replace(b"/proc/cpuinfo", str(tmp_path / "cpuinfo").encode()))
    done = run_installer(installer, home)
    assert done.returncode == 1
    assert "AVX2" in done.stderr
    assert files(home) == before


@pytest.mark.parametrize(
    ("name", "stands_for_it", "said"),
    [
        ("xz", None, "takes the program xz"),
        ("getconf", "exit 1", "needs a system with the GNU C library"),
        ("uname", "echo FreeBSD", "is for Linux on x86-64, and this is FreeBSD"),
    ],
)
def test_a_system_that_lacks_something_is_told(
    installer: Path, home: Path, tmp_path: Path, name: str, stands_for_it: str | None, said: str
) -> None:
    present = {"sh", "uname", "getconf", "cut", "sort", "head", "grep", "dirname", "mkdir", "xz"} - {name}
    commands = only(tmp_path / "commands", *present)
    if stands_for_it is not None:
        (commands / name).write_text(f"#!/bin/sh\n{stands_for_it}\n")
        (commands / name).chmod(0o755)
    environment = {"HOME": str(home), "PATH": str(commands)}
    done = subprocess.run(["sh", installer], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert said in done.stderr


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_home_that_cannot_be_written_is_told(installer: Path, home: Path) -> None:
    (home / ".local").chmod(0o500)
    done = run_installer(installer, home)
    (home / ".local").chmod(0o700)
    assert done.returncode == 1
    assert "cannot be written" in done.stderr


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
