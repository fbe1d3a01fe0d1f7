"""Builds every installer that this system can build: `python packaging/installers/build.py OUT`."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import archive
import debian
import freeze
import icons
import macos
import windows

FROZEN = "frozen"


def main(out: Path) -> None:
    """Freezes the program into OUT/frozen and leaves the installers in OUT."""
    # Icons are drawn by Qt, which wants a screen unless it is told that there is none.
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    out.mkdir(parents=True, exist_ok=True)
    here = Path(__file__).parent
    if sys.platform == "win32":
        windows.prepare(here / "windows")
        program = freeze.main(out / FROZEN)
        print(windows.main(program, out))
    elif sys.platform == "darwin":
        (here / "macos" / "penjing.icns").write_bytes(icons.icns())
        freeze.main(out / FROZEN)
        print(macos.main(out / FROZEN / "Penjing.app", out))
    else:
        program = freeze.main(out / FROZEN)
        archive.main(program, out)
        if shutil.which("dpkg-deb"):
            debian.main(program, out)
        else:
            print("There is no dpkg-deb here, so there is no Debian package.")


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]).resolve())
    except freeze.NotReady as problem:
        sys.exit(str(problem))
