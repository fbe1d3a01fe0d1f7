"""Compares two builds: `python packaging/installers/compare.py ONE OTHER`, each what build.py left in a folder.

From one commit, two builds must hold the same files with the same content, in installers that are the same bytes.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from build import FROZEN
from freeze import LISTING

EXCEPTIONS: dict[str, str] = {}
"""Files of the program, by their path in it, that may differ, each with the reason. None is known."""

INSTALLERS = ("*.deb", "*.run", "*.exe", "*.dmg")


def main(one: Path, other: Path) -> int:
    """Prints every difference. Returns how many there are."""
    first, second = contents(one), contents(other)
    found = list(differences(first, second))
    for difference in found:
        print(difference)
    if not found:
        print(f"Both builds are the same: {len(first)} files and installers.")
    return len(found)


def contents(build: Path) -> dict[str, str]:
    """What a build holds: the SHA-256 of every file and installer, or where a link leads, by path."""
    lines = (build / FROZEN / LISTING).read_text(encoding="utf-8").splitlines()
    # A digest, two blanks, a path; a link has an arrow for a digest, and says after its path where it leads.
    found = {line[66:]: line[:64].strip() for line in lines}
    for pattern in INSTALLERS:
        for file in sorted(build.glob(pattern)):
            with file.open("rb") as stream:
                found[file.name] = hashlib.file_digest(stream, "sha256").hexdigest()
    return found


def differences(one: Mapping[str, str], other: Mapping[str, str]) -> Iterator[str]:
    """Each difference that is no exception, as a sentence."""
    for path in sorted(one.keys() | other.keys()):
        if path in EXCEPTIONS or one.get(path) == other.get(path):
            continue
        if path not in other:
            yield f"Only the first build has {path}."
        elif path not in one:
            yield f"Only the second build has {path}."
        else:
            yield f"{path} differs."


if __name__ == "__main__":
    sys.exit(1 if main(Path(sys.argv[1]), Path(sys.argv[2])) else 0)
