"""Makes the Windows installer: `python packaging/installers/windows.py PROGRAM OUT`, PROGRAM being what freeze.py left.

Inno Setup does it, by windows/penjing.iss. To sign it, set PENJING_SIGN to the command that signs a file, in Inno
Setup's way of writing it (`signtool sign … $f`).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

import icons

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
SCRIPT = HERE / "windows" / "penjing.iss"
USUAL_PLACE = Path(r"C:\Program Files (x86)\Inno Setup 6\ISCC.exe")

VERSION_FILE = """VSVersionInfo(
  ffi=FixedFileInfo(filevers={numbers}, prodvers={numbers}, mask=0x3f, flags=0x0, OS=0x40004, fileType=0x1),
  kids=[
    StringFileInfo([StringTable('040904B0', [
      StringStruct('CompanyName', 'The Penjing project'),
      StringStruct('FileDescription', 'Penjing'),
      StringStruct('FileVersion', '{version}'),
      StringStruct('ProductName', 'Penjing'),
      StringStruct('ProductVersion', '{version}')])]),
    VarFileInfo([VarStruct('Translation', [1033, 1200])])
  ]
)
"""


def main(program: Path, out: Path) -> Path:
    """Makes the installer. Returns its file."""
    number = version("penjing")
    subprocess.run(command(program, out, number, os.environ), check=True)
    return out / f"Penjing-{number}-setup.exe"


def prepare(folder: Path) -> None:
    """Writes what PyInstaller puts into the programs: the icon and the version."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "penjing.ico").write_bytes(icons.ico())
    (folder / "version.txt").write_text(version_file(version("penjing")), encoding="utf-8")


def version_file(number: str) -> str:
    """The version as PyInstaller wants it: four numbers, and text."""
    numbers = [int(part) for part in number.split(".") if part.isdigit()]
    return VERSION_FILE.format(numbers=tuple([*numbers, 0, 0, 0, 0][:4]), version=number)


def command(program: Path, out: Path, number: str, environment: Mapping[str, str]) -> list[str]:
    """How Inno Setup is called."""
    compiler = shutil.which("iscc") or str(USUAL_PLACE)
    defined = {
        "Version": number,
        "Program": program,
        "Out": out,
        "Root": ROOT,
        "Icon": HERE / "windows" / "penjing.ico",
    }
    options = [f"/D{name}={value}" for name, value in defined.items()]
    if sign := environment.get("PENJING_SIGN"):
        options += ["/DSignTool=penjing", f"/Spenjing={sign}"]
    return [compiler, "/Qp", *options, str(SCRIPT)]


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve())
