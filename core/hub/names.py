"""Judges names that come from the network before anything on this computer is called by them.

A name is kept only if it means the same file, inside the model's folder, on every system that Penjing runs on.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from pathlib import Path

from core.errors import BadRequest, UnusableModel

LONGEST_PART, LONGEST_NAME = 200, 400
"""Bytes. File systems allow 255 a part; partial files have longer names than whole ones."""

REPOSITORY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,95}/[A-Za-z0-9_][A-Za-z0-9._-]{0,95}")
FORBIDDEN = re.compile(r'[\x00-\x1f\x7f<>:"|?*\\]')
"""What Windows does not have in names. A colon also opens a drive or a hidden stream there."""

RESERVED = re.compile(r"(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9¹²³])(?:\..*)?", re.IGNORECASE)
"""Devices on Windows, whatever follows after a dot."""


def check_repository(name: str) -> str:
    """The name of a repository on the hub, "owner/name".

    Raises:
        BadRequest: It is none.
    """
    # The hub takes neither of these for part of a name; a cache folder joins owner and name by "--".
    if not REPOSITORY.fullmatch(name) or ".." in name or "--" in name or name.endswith((".", "-", ".git")):
        raise BadRequest(f"{name!r} is not the name of a model.", "Write it as on the hub: OWNER/NAME.")
    if any(RESERVED.fullmatch(part) for part in name.split("/")):
        raise BadRequest(f"{name!r} cannot be the name of a folder.", "Choose another model.")
    return name


def check_names(names: Iterable[str]) -> None:
    """Whether a repository's file names can be a folder's, all at once.

    Raises:
        UnusableModel: A name leads out of the folder, is reserved, or means the same file as another.
    """
    seen: dict[str, str] = {}
    for name in names:
        why = _wrong(name)
        if why:
            raise _refused(name, why)
        alike = unicodedata.normalize("NFC", name).casefold()
        if alike in seen:
            raise _refused(name, f"means the same file as {seen[alike]!r} on some systems")
        seen[alike] = name
    for alike, name in seen.items():
        parents = alike.split("/")[:-1]
        for depth in range(1, len(parents) + 1):
            if "/".join(parents[:depth]) in seen:
                raise _refused(name, "lies in a file instead of a folder")


def inside(folder: Path, name: str) -> Path:
    """The file of that name in a folder, whose parents are sure to lie in it, links on the disk considered.

    Raises:
        UnusableModel: The name leads out of the folder.
    """
    check_names([name])
    file = folder.joinpath(*name.split("/"))
    if not file.parent.resolve().is_relative_to(folder.resolve()) or file.is_symlink():
        raise _refused(name, "leads out of the model's folder")
    return file


def _wrong(name: str) -> str:
    """What is wrong with a file name; empty if nothing is."""
    parts = name.split("/")
    if not name or any(part in ("", ".", "..") for part in parts):
        return "leads out of the model's folder"
    if FORBIDDEN.search(name) or any(part != part.strip() or part.endswith(".") for part in parts):
        return "has characters that some systems forbid"
    if any(RESERVED.fullmatch(part) for part in parts):
        return "is a device on some systems"
    try:
        longest = max(len(part.encode()) for part in parts)
    except UnicodeEncodeError:
        return "is not valid text"
    return "is too long" if longest > LONGEST_PART or len(name.encode()) > LONGEST_NAME else ""


def _refused(name: str, why: str) -> UnusableModel:
    return UnusableModel(f"The model names a file {name!r}, which {why}.", "Choose another model.")
