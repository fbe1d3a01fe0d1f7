"""Makes the Debian package: `python packaging/installers/debian.py PROGRAM OUT`, PROGRAM being what freeze.py left.

The program goes to /opt/penjing, as the standard for file systems has it for packages from elsewhere; the command, the
menu entry and what describes them go to where desktops look.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import elf
import icons
import manual
from core.sizes import format_size
from freeze import commit_time

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
SYSTEM_PACKAGES = ROOT / "packaging" / "system-packages.txt"

INSTALLED = {
    "penjing.desktop": "usr/share/applications/penjing.desktop",
    "penjing.xml": "usr/share/mime/packages/penjing.xml",
    "io.github.penjing.Penjing.metainfo.xml": "usr/share/metainfo/io.github.penjing.Penjing.metainfo.xml",
    "copyright": "usr/share/doc/penjing/copyright",
}
"""Files of linux/ by where they are installed."""

MANUAL = "usr/share/man/man1/penjing.1.gz"


class UnknownLibrary(Exception):
    """The program needs a library of the system that no declared package holds."""


def main(program: Path, out: Path) -> Path:
    """Makes the package. Returns its file."""
    version = subprocess.run([program / "penjing", "--version"], capture_output=True, text=True, check=True)
    number = version.stdout.split()[1]
    tree = out / "debian"
    shutil.rmtree(tree, ignore_errors=True)
    lay_out(program, tree)
    write_control(tree, number, dependencies(elf.needs(program)))
    same_times(tree)
    package = out / f"penjing_{number}_{architecture()}.deb"
    compression = ["-Zzstd", "-z12"]
    environment = {**os.environ, "SOURCE_DATE_EPOCH": str(commit_time())}
    command = ["dpkg-deb", "--root-owner-group", *compression, "--build", str(tree), str(package)]
    subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL)
    shutil.rmtree(tree)
    print(f"{package}: {format_size(package.stat().st_size)}")
    return package


def architecture() -> str:
    """Debian's name of this machine's kind."""
    answer = subprocess.run(["dpkg", "--print-architecture"], capture_output=True, text=True, check=True)
    return answer.stdout.strip()


def lay_out(program: Path, tree: Path) -> None:
    """Puts every file where it is installed."""
    home = tree / "opt" / "penjing"
    home.parent.mkdir(parents=True)
    # Hard links: the program is some hundred MB.
    shutil.copytree(program, home, symlinks=True, copy_function=os.link)
    command = tree / "usr" / "bin" / "penjing"
    command.parent.mkdir(parents=True)
    command.symlink_to("/opt/penjing/penjing")
    for name, target in INSTALLED.items():
        file = tree / target
        file.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(HERE / "linux" / name, file)
    page = tree / MANUAL
    page.parent.mkdir(parents=True)
    page.write_bytes(gzip.compress(manual.page().encode(), mtime=0))
    places = tree / "usr/share/icons/hicolor"
    scalable = places / "scalable/apps/penjing.svg"
    scalable.parent.mkdir(parents=True)
    shutil.copyfile(icons.SOURCE, scalable)
    for size in icons.LINUX_SIZES:
        icon = places / f"{size}x{size}/apps/penjing.png"
        icon.parent.mkdir(parents=True)
        icon.write_bytes(icons.png(size))


def package_by_library() -> dict[str, str]:
    """The libraries of the system that Qt loads, each with the Debian package that holds it."""
    lines = [line.split() for line in SYSTEM_PACKAGES.read_text().splitlines() if line and not line.startswith("#")]
    return {library: package for when, package, library in lines if when in ("always", "window")}


def dependencies(needs: elf.Needs) -> list[str]:
    """The package's `Depends`, from what the program's files need and what system-packages.txt says holds it.

    Raises UnknownLibrary if a needed library is in none of the packages listed there.
    """
    packages = package_by_library()
    unknown = {name: files for name, files in needs.libraries.items() if name not in packages}
    if unknown:
        name, files = next(iter(unknown.items()))
        raise UnknownLibrary(
            f"{files[0]} needs {name}. Name its package in packaging/system-packages.txt, or bundle it "
            "(packaging/installers/contents.py)."
        )
    # All of the list: some libraries are opened by name while the program runs, which no header tells.
    return [f"libc6 (>= {needs.glibc[0]}.{needs.glibc[1]})", *sorted(map(alternatives, set(packages.values())))]


def alternatives(package: str) -> str:
    """Newer Debians and Ubuntus have given some packages another name (64-bit time)."""
    return "libglib2.0-0t64 | libglib2.0-0" if package == "libglib2.0-0" else package


def write_control(tree: Path, version: str, depends: list[str]) -> None:
    """Writes the files that describe the package to dpkg."""
    folder = tree / "DEBIAN"
    folder.mkdir()
    files = [file for file in sorted(tree.rglob("*")) if file.is_file() and not file.is_symlink()]
    sums = [f"{hashlib.md5(file.read_bytes()).hexdigest()}  {file.relative_to(tree)}" for file in files]
    (folder / "md5sums").write_text("\n".join(sums) + "\n")
    control = (HERE / "linux" / "control").read_text().format(
        version=version,
        architecture=architecture(),
        kib=sum(file.stat().st_size for file in files) // 1024,
        depends=", ".join(depends),
    )
    (folder / "control").write_text(control)
    for script in ("preinst", "postinst", "prerm", "postrm"):
        shutil.copyfile(HERE / "linux" / script, folder / script)
        (folder / script).chmod(0o755)


def same_times(tree: Path) -> None:
    """Gives every file the time of the commit, and the rights that files in a package have."""
    when = commit_time()
    for file in [tree, *tree.rglob("*")]:
        if not file.is_symlink():
            runs = file.is_dir() or file.stat().st_mode & 0o100
            file.chmod(0o755 if runs else 0o644)
        os.utime(file, (when, when), follow_symlinks=False)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
