"""Checks the files of an installed model against the checksums that came with them; never uses the network."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from core.errors import UnusableModel
from core.hub.library import InstalledModel
from core.hub.manifest import SHA1, SHA256, checksum_of, read_manifest
from core.models.checkpoint import open_checkpoint


class Outcome(StrEnum):
    """What a check found."""

    RIGHT = "right"
    DAMAGED = "damaged"
    MISSING = "missing"
    UNKNOWN = "unknown"
    """There is no checksum to compare with."""


@dataclass(frozen=True)
class FileCheck:
    """One file's outcome; `why` is a sentence, empty if it is right."""

    name: str
    outcome: Outcome
    why: str = ""


@dataclass(frozen=True)
class Expected:
    """A file that should be there. `size` and `checksum` are None where nothing says them."""

    file: Path
    name: str
    size: int | None
    checksum: str | None


def verify(model: InstalledModel, pause: Callable[[], None] = lambda: None) -> Iterator[FileCheck]:
    """Check one file after the other; last of all whether the headers of the weights describe their files.

    Args:
        pause: Called between pieces of a file; may raise to end it early.
    """
    for expected in expected_files(model):
        yield _check(expected, pause)
    try:
        open_checkpoint(model.folder)
    except UnusableModel as error:
        yield FileCheck("the model as a whole", Outcome.DAMAGED, str(error))
    else:
        yield FileCheck("the model as a whole", Outcome.RIGHT)


def expected_files(model: InstalledModel) -> list[Expected]:
    """What should be there: by the download's own list, the cache's names of blobs, or what `hf download` noted."""
    manifest = read_manifest(model.place)
    if manifest is not None:
        return [
            Expected(model.place.joinpath(*file.name.split("/")), file.name, file.size, file.checksum)
            for file in manifest.files
        ]
    try:
        files = sorted(file for file in model.place.iterdir() if not file.name.startswith(".") and not file.is_dir())
    except OSError:  # What is wrong with the folder is told by the check of the model as a whole.
        return []
    return [Expected(file, file.name, None, _blob(file) or _noted(file)) for file in files]


def _check(expected: Expected, pause: Callable[[], None]) -> FileCheck:
    name, file = expected.name, expected.file
    if not file.is_file():
        return FileCheck(name, Outcome.MISSING, f"{name} is missing.")
    if expected.checksum is None:
        return FileCheck(name, Outcome.UNKNOWN, f"Nothing says what {name} should hold.")
    try:
        if expected.size is not None and file.stat().st_size != expected.size:
            return FileCheck(name, Outcome.DAMAGED, f"{name} has another size than it was sent with.")
        if checksum_of(file, expected.checksum, pause) != expected.checksum:
            return FileCheck(name, Outcome.DAMAGED, f"{name} holds other bytes than were sent.")
    except OSError as error:
        return FileCheck(name, Outcome.DAMAGED, f"{name} cannot be read: {error.strerror}.")
    return FileCheck(name, Outcome.RIGHT)


def _blob(file: Path) -> str | None:
    """In Hugging Face's cache a file is a link to its content, which is named by its checksum."""
    if not file.is_symlink():
        return None
    name = file.readlink().name
    return name if SHA256.fullmatch(name) or SHA1.fullmatch(name) else None


def _noted(file: Path) -> str | None:
    """What `hf download --local-dir` wrote down: the commit, then the file's checksum, then when."""
    note = file.parent / ".cache" / "huggingface" / "download" / f"{file.name}.metadata"
    try:
        lines = note.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return None
    if len(lines) < 2 or not (SHA256.fullmatch(lines[1]) or SHA1.fullmatch(lines[1])):
        return None
    return lines[1]
