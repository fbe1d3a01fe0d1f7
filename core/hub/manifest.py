"""What a downloaded model is made of, kept beside it: from where, which revision, and every file's checksum."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from core.errors import UnusableModel
from core.hub.names import check_names, check_repository
from core.models.bounded_json import INDEX, read_object

FILE_NAME = ".penjing.json"
SHA256, SHA1 = re.compile(r"[0-9a-f]{64}"), re.compile(r"[0-9a-f]{40}")
PIECE = 4 << 20


@dataclass(frozen=True)
class HubFile:
    """A file of one revision. `checksum` is its SHA-256, or of small files the SHA-1 that git knows them by."""

    name: str
    size: int
    checksum: str


@dataclass(frozen=True)
class Manifest:
    """The files of a model that are wanted here, of one revision, which is pinned by its commit."""

    repository: str
    revision: str
    files: tuple[HubFile, ...]

    @property
    def bytes(self) -> int:
        return sum(file.size for file in self.files)


def write_manifest(manifest: Manifest, folder: Path) -> None:
    """Keep a manifest in a model's folder, so that there is always either the old one or the new one, whole."""
    fresh = folder / f"{FILE_NAME}.new"
    with fresh.open("w", encoding="utf-8") as stream:
        json.dump(asdict(manifest), stream, indent=1)
        stream.flush()
        os.fsync(stream.fileno())
    fresh.replace(folder / FILE_NAME)


def read_manifest(folder: Path) -> Manifest | None:
    """The manifest in a model's folder, checked as if it came from the network; None if there is none.

    Raises:
        UnusableModel: It is damaged, or names files that are refused.
    """
    try:
        content = read_object(folder / FILE_NAME, INDEX)
    except FileNotFoundError:
        return None
    match content:
        case {"repository": str(repository), "revision": str(revision), "files": list(entries)}:
            files = tuple(_file(entry) for entry in entries)
        case _:
            raise _damaged(folder)
    if not SHA1.fullmatch(revision) or None in files:
        raise _damaged(folder)
    known = tuple(file for file in files if file is not None)
    check_names(file.name for file in known)
    return Manifest(check_repository(repository), revision, known)


def checksum_of(file: Path, like: str, pause: Callable[[], None] = lambda: None) -> str:
    """The checksum of a file, of the same kind as `like`.

    Args:
        pause: Called between pieces; may raise to end it early.

    Raises:
        OSError: The file cannot be read.
    """
    with file.open("rb") as stream:
        size = os.fstat(stream.fileno()).st_size
        if SHA256.fullmatch(like):
            digest = hashlib.sha256()
        else:  # Git's own way of naming a blob; nothing rests on it but that a small file arrived unharmed.
            digest = hashlib.sha1(b"blob %d\0" % size, usedforsecurity=False)
        while piece := stream.read(PIECE):
            pause()
            digest.update(piece)
    return digest.hexdigest()


def _file(entry: object) -> HubFile | None:
    match entry:
        case {"name": str(name), "size": int(size), "checksum": str(checksum)} if size >= 0:
            return HubFile(name, size, checksum) if SHA256.fullmatch(checksum) or SHA1.fullmatch(checksum) else None
        case _:
            return None


def _damaged(folder: Path) -> UnusableModel:
    return UnusableModel(f"The list of files in {folder / FILE_NAME} is damaged.", "Download the model again.")
