"""Makes the frozen program: `python packaging/installers/freeze.py FOLDER` leaves it in FOLDER/penjing.

PyInstaller does most of it, by penjing.spec. Then debugging symbols go and what names the machine it was built on, and
licences and the list of parts (SBOM) come. Two runs from one commit give the same files.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

import elf
import notices
from distributions import bundled_distributions, owner_by_module

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]

LISTING = "files.sha256"
"""Name of the list of all files, beside the program."""

OURS = {"code", "resources", "docs", "bin"}
"""Folders of the bundle that are no Python package."""


class NotReady(Exception):
    """Something is missing or superfluous for building; the text says what to do."""


def main(folder: Path) -> Path:
    """Freezes the program. Returns its folder."""
    folder.mkdir(parents=True, exist_ok=True)
    environment = {**os.environ, "PYTHONHASHSEED": "1", "SOURCE_DATE_EPOCH": str(commit_time())}
    command = [sys.executable, "-m", "PyInstaller", "--noconfirm", "--clean", "--log-level", "ERROR"]
    places = ["--distpath", str(folder), "--workpath", str(folder / "work")]
    subprocess.run([*command, *places, str(HERE / "penjing.spec")], check=True, env=environment, cwd=ROOT)
    program = folder / "penjing"
    inside = program / "_internal"
    if sys.platform.startswith("linux"):
        print(f"Stripped {elf.strip(program) / 1e6:.0f} MB of debugging symbols.")
    modules = folder / "modules.txt"
    check_owners([*modules.read_text().split(), *(entry.name for entry in inside.iterdir())])
    modules.unlink()
    clean_metadata(inside)
    notices.write(inside, program / "licences")
    shutil.rmtree(folder / "work")
    write_listing(program, folder / LISTING)
    return program


def commit_time() -> int:
    """Seconds since 1970 of the commit that is built, so that no file carries the time of the build."""
    if "SOURCE_DATE_EPOCH" in os.environ:
        return int(os.environ["SOURCE_DATE_EPOCH"])
    answer = subprocess.run(["git", "log", "-1", "--format=%ct"], capture_output=True, text=True, check=True, cwd=ROOT)
    return int(answer.stdout)


def check_owners(names: Iterable[str], owners: Mapping[str, set[str]] | None = None) -> None:
    """Raises NotReady if a package got in that Penjing does not declare: it would have no licence in the list.

    Args:
        names: The modules in the program's archive, and the files and folders beside it.
        owners: The packages that provide each module; as they are installed, by default.
    """
    declared = {*bundled_distributions(), *notices.BESIDES}
    owners = owner_by_module() if owners is None else owners
    for name in names:
        module = name.partition(".")[0]
        packages = owners.get(module, set())
        if packages and module not in OURS and not packages & declared and not name.endswith(".dist-info"):
            raise NotReady(
                f"{name} of {', '.join(sorted(packages))} got into the program, which does not declare it. "
                "Declare it in pyproject.toml, or leave it out in packaging/installers/contents.py."
            )


def clean_metadata(inside: Path) -> None:
    """Drops from packages' metadata what differs between machines: how and from where they were installed."""
    for metadata in [*inside.glob("*.dist-info"), *inside.glob("code/*.dist-info")]:
        for name in ("direct_url.json", "INSTALLER", "REQUESTED"):
            (metadata / name).unlink(missing_ok=True)
        record = metadata / "RECORD"
        if record.exists():
            # Of the files that it lists, scripts and these lie outside the bundle; transformers reads the rest.
            lines = record.read_text(encoding="utf-8").splitlines()
            kept = [line for line in lines if not line.startswith("..") and "direct_url" not in line]
            record.write_text("".join(f"{line.partition(',')[0]},,\n" for line in kept), encoding="utf-8")


def write_listing(folder: Path, listing: Path) -> None:
    """Writes every file of a folder with its SHA-256, as `sha256sum` does; links with where they lead."""
    lines = []
    for file in sorted(folder.rglob("*")):
        path = file.relative_to(folder).as_posix()
        if file.is_symlink():
            lines.append(f"{'->':64}  {path} -> {file.readlink()}")
        elif file.is_file():
            lines.append(f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {path}")
    listing.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]))
    except (NotReady, subprocess.CalledProcessError) as problem:
        sys.exit(str(problem))
