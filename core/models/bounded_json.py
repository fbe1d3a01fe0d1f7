"""Reads JSON that others wrote, never more of it than a file of its kind can honestly need."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

from core.errors import UnusableModel
from core.sizes import format_size

SETTINGS = 4 << 20
"""Bytes. config.json and its kin have some thousands; the longest chat templates some hundred thousands."""

INDEX = 64 << 20
"""Bytes. The index of a model of a trillion parameters with every expert by name has 20 million."""


def read_object(file: Path, most: int = SETTINGS) -> dict[str, Any]:
    """The JSON object in a file.

    Raises:
        FileNotFoundError: There is no such file.
        UnusableModel: It cannot be read, is no JSON object, or is larger than `most` bytes.
    """
    try:
        status = file.stat()
        if not (stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode)):  # Opening a pipe would wait for ever.
            raise UnusableModel(f"{file} is not a file.", "Download the model again.")
        if status.st_size > most:
            raise _too_large(f"{file.name} in {file.parent}", status.st_size)
        with file.open("rb") as stream:
            return parse_object(stream.read(most + 1), f"{file.name} in {file.parent}", most)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise UnusableModel(f"{file} cannot be read: {error.strerror}.", "Check that you may read it.") from error


def parse_object(text: bytes, name: str, most: int = SETTINGS) -> dict[str, Any]:
    """The JSON object that a file called `name` holds.

    Raises:
        UnusableModel: It is none, or larger than `most` bytes.
    """
    if len(text) > most:
        raise _too_large(name, len(text))
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UnusableModel(f"{name} is not valid JSON.", "Download the model again.") from error
    if not isinstance(content, dict):
        raise UnusableModel(f"{name} is not a JSON object.", "Download the model again.")
    return content


def _too_large(name: str, size: int) -> UnusableModel:
    return UnusableModel(f"{name} has {format_size(size)}, which no such file needs.", "Choose another model.")
