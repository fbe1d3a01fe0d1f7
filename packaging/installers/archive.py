"""Makes the installer without administrator rights for Linux: `python packaging/installers/archive.py PROGRAM OUT`.

One shell script with the program packed behind it, for systems without dpkg and people without such rights.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import elf
import icons
from core.sizes import format_size
from debian import package_by_library
from freeze import commit_time

HERE = Path(__file__).resolve().parent


def main(program: Path, out: Path) -> Path:
    """Makes the installer. Returns its file."""
    version = subprocess.run([program / "penjing", "--version"], capture_output=True, text=True, check=True)
    number = version.stdout.split()[1]
    tree = out / "archive"
    shutil.rmtree(tree, ignore_errors=True)
    home = tree / "penjing"
    shutil.copytree(program, home, symlinks=True, copy_function=os.link)
    (home / "desktop").mkdir()
    for name in ("penjing.desktop", "penjing.xml"):
        shutil.copyfile(HERE / "linux" / name, home / "desktop" / name)
    shutil.copyfile(icons.SOURCE, home / "desktop" / "penjing.svg")
    payload = pack(tree, out / "archive.tar.xz")
    glibc = ".".join(map(str, elf.needs(program).glibc))
    size = sum(file.stat().st_size for file in home.rglob("*") if file.is_file() and not file.is_symlink())
    installer = out / f"penjing-{number}-linux-x86_64.run"
    with installer.open("wb") as stream:
        stream.write(script(number, payload, size // 1000, glibc).encode())
        with payload.open("rb") as packed:
            shutil.copyfileobj(packed, stream)
    installer.chmod(0o755)
    payload.unlink()
    shutil.rmtree(tree)
    print(f"{installer}: {format_size(installer.stat().st_size)}")
    return installer


def pack(tree: Path, file: Path) -> Path:
    """Packs a folder so that the same files give the same bytes: in order, without owners, at the commit's time."""
    order = ["--sort=name", "--owner=0", "--group=0", "--numeric-owner", f"--mtime=@{commit_time()}", "--mode=go=rX"]
    # Blocks of one size give the same bytes with any number of threads. Hard links are only how the tree was copied.
    compress = "xz -3 --threads=2 --block-size=32MiB"
    command = ["tar", "--create", "--hard-dereference", *order, f"--use-compress-program={compress}"]
    subprocess.run([*command, "--file", str(file), "--directory", str(tree), "penjing"], check=True)
    return file


def script(version: str, payload: Path, kib: int, glibc: str) -> str:
    """The shell script, filled in."""
    libraries = " ".join(f"{name}={package}" for name, package in package_by_library().items() if name != "any-font")
    with payload.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    text = (HERE / "linux" / "installer.sh").read_text()
    values = {"VERSION": version, "SUM": digest, "KIB": str(kib), "GLIBC": glibc, "LIBRARIES": libraries}
    values["LINES"] = str(len(text.splitlines()) + 1)
    for name, value in values.items():
        text = text.replace(f"@{name}@", value)
    return text


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
