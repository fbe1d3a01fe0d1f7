"""Text files that a person adds to a question: read, and quoted for the model."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.errors import BadRequest
from core.sizes import format_size

LARGEST = 2 << 20
"""Bytes of the largest file that is read: more text than any context holds."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file's name without its folder, and its text."""

    name: str
    text: str


def read_attachment(file: Path) -> Attachment:
    """The text of a file.

    Raises:
        BadRequest: It cannot be read, is too large, or is not text.
    """
    try:
        size = file.stat().st_size
        content = file.read_bytes() if file.is_file() and size <= LARGEST else b""
    except OSError as error:
        raise BadRequest(f"{file.name} cannot be read: {error.strerror}.", "Check the file.") from error
    if not file.is_file():
        raise BadRequest(f"{file.name} is not a file.", "Add the files in it one by one.")
    if size > LARGEST:
        raise BadRequest(
            f"{file.name} has {format_size(size)}, and at most {format_size(LARGEST)} can be added.",
            "Paste the part that matters.",
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise BadRequest(f"{file.name} is not a text file.", "Add text in UTF-8, such as source code or Markdown.")
    return Attachment(file.name, text.replace("\r\n", "\n"))


def quoted(question: str, attachments: Iterable[Attachment]) -> str:
    """What the model reads: each file between fences that its text does not contain, then the question."""
    parts = []
    for attachment in attachments:
        runs = (len(run) for run in re.findall("`+", attachment.text))
        fence = "`" * max(3, 1 + max(runs, default=0))
        end = "" if attachment.text.endswith("\n") else "\n"
        parts.append(f"{attachment.name}:\n{fence}\n{attachment.text}{end}{fence}")
    return "\n\n".join([*parts, question] if question else parts)


def attachments_of(details: Mapping[str, Any] | None) -> tuple[Attachment, ...]:
    """The attachments among what is kept with a turn."""
    return tuple(Attachment(str(entry["name"]), str(entry["text"])) for entry in (details or {}).get("attachments", ()))
