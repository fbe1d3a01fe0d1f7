"""Low-bit substitutes that were made of models so that they draft for themselves: of which, and how large they are."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from core.errors import NotRemoved, UnusableModel
from core.locations import user_cache
from core.models.bounded_json import read_object

RECORD = "substitutes.json"
"""The file beside substitutes that says what they are made of, and which of them are whole."""


def self_drafts_folder() -> Path:
    """Where they are kept, a folder for each model."""
    return user_cache() / "self-drafts"


def record_of(folder: Path) -> dict[str, Any]:
    """What stands in the record of a folder of substitutes; nothing if there is none that can be read."""
    try:
        return read_object(folder / RECORD)
    except (FileNotFoundError, NotADirectoryError, UnusableModel):
        return {}


def self_drafts_of(model: Path) -> Iterator[Path]:
    """The folders of substitutes that were made of a model, by its folder, whatever files it held then."""
    kept = self_drafts_folder()
    for folder in sorted(kept.iterdir()) if kept.is_dir() else ():
        made_of = record_of(folder).get("made_of")
        if isinstance(made_of, dict) and made_of.get("model") == str(model):
            yield folder


def self_drafts_bytes() -> int:
    """What all of them take on the drive."""
    return sum(file.lstat().st_size for file in self_drafts_folder().rglob("*") if file.is_file())


def remove_self_drafts() -> None:
    """Take all of them away; whichever is needed is made again.

    Raises:
        NotRemoved: The system refuses.
    """
    try:
        shutil.rmtree(self_drafts_folder())
    except FileNotFoundError:
        pass
    except OSError as error:
        raise NotRemoved(
            f"The self-drafts in {self_drafts_folder()} could not be removed: {error.strerror}.",
            "Unload the model that uses them, and try again.",
        ) from error
