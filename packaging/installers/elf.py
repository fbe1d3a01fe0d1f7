"""What the programs and libraries of a folder need of the system, read from their ELF headers by binutils."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

MAGIC = b"\x7fELF"
NEEDED = re.compile(r"^\s+NEEDED\s+(\S+)$", re.MULTILINE)
SONAME = re.compile(r"^\s+SONAME\s+(\S+)$", re.MULTILINE)
GLIBC = re.compile(r"\bGLIBC_(\d+)\.(\d+)")

C_LIBRARY = re.compile(r"(ld-linux[\w-]*|lib(c|m|dl|rt|util|pthread|resolv|mvec|nsl))\.so\.\d+")
"""The parts of the C library itself."""


@dataclass(frozen=True)
class Needs:
    """What a folder needs of the system.

    Attributes:
        libraries: Sonames that the folder does not hold, each with the files that name it.
        glibc: The newest version of the C library that a symbol asks for.
    """

    libraries: dict[str, list[str]]
    glibc: tuple[int, int]


def elf_files(folder: Path) -> Iterator[Path]:
    """Programs and libraries in a folder, without links to them."""
    for file in sorted(folder.rglob("*")):
        if file.is_file() and not file.is_symlink():
            with file.open("rb") as stream:
                if stream.read(4) == MAGIC:
                    yield file


def needs(folder: Path) -> Needs:
    """What the files of a folder need that is not in it."""
    wanted: dict[str, list[str]] = {}
    held: set[str] = {file.name for file in folder.rglob("*")}
    glibc = (0, 0)
    for file in elf_files(folder):
        headers = subprocess.run(["objdump", "-p", str(file)], capture_output=True, text=True, check=True).stdout
        held |= set(SONAME.findall(headers))
        for soname in NEEDED.findall(headers):
            wanted.setdefault(soname, []).append(file.relative_to(folder).as_posix())
        glibc = max([glibc, *((int(major), int(minor)) for major, minor in GLIBC.findall(headers))])
    outside = {name: files for name, files in wanted.items() if name not in held and not C_LIBRARY.fullmatch(name)}
    return Needs(dict(sorted(outside.items())), glibc)


def strip(folder: Path) -> int:
    """Takes symbol tables that only debuggers read out of the files of a folder. Returns how many bytes that saved.

    Libraries that auditwheel has rewritten (in `*.libs`) stay as they are: strip misplaces their tables.
    """
    saved = 0
    for file in elf_files(folder):
        if file.parent.suffix == ".libs" or file.is_symlink():
            continue
        before = file.stat().st_size
        subprocess.run(["strip", "--strip-unneeded", "--preserve-dates", str(file)], check=True)
        saved += before - file.stat().st_size
    return saved
