"""What a release says about itself, in a signed JSON file: nothing of it is believed before its signature is right."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Annotated

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core.errors import UpdateCheckFailed

VERSION = re.compile(r"\d{1,6}(\.\d{1,6}){0,3}")
NOT_TRUSTED = "Do not install anything from there; try again later, or look at the project's own page."


class Download(BaseModel):
    """One installer. `bytes` and `sha256` are for whoever downloads it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    url: Annotated[str, Field(pattern=r"^https://[^\s]+$", max_length=2000)]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    bytes: Annotated[int, Field(gt=0)]


class Notice(BaseModel):
    """A release.

    Attributes:
        version: Numbers parted by points.
        notes: What is new, as text; shown without following anything in it.
        page: Where a person reads more and downloads.
        downloads: The installers by system, such as "linux-deb".
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    version: Annotated[str, Field(pattern=f"^{VERSION.pattern}$")]
    released: Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")]
    notes: Annotated[str, Field(max_length=20_000)]
    page: Annotated[str, Field(pattern=r"^https://[^\s]+$", max_length=2000)]
    downloads: dict[str, Download] = {}


def read_notice(data: bytes, signature: bytes, key: str) -> Notice:
    """The notice in `data`.

    Args:
        signature: Ed25519 over `data`, in base64.
        key: The public key, in base64.

    Raises:
        UpdateCheckFailed: The key is none, the signature is not by that key, or what is signed is no notice.
    """
    try:
        public = Ed25519PublicKey.from_public_bytes(base64.b64decode(key, validate=True))
    except (ValueError, binascii.Error) as error:
        what = "The key that update notices are checked with is not one."
        raise UpdateCheckFailed(what, "Set the key that belongs to the address.") from error
    try:
        public.verify(base64.b64decode(signature.strip(), validate=True), data)
    except (InvalidSignature, ValueError, binascii.Error) as error:
        what = "The notice about updates is not signed by Penjing's key, so somebody may have changed it."
        raise UpdateCheckFailed(what, NOT_TRUSTED) from error
    try:
        return Notice.model_validate_json(data)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        what = f"The notice about updates cannot be read ({where}: {first['msg']})."
        raise UpdateCheckFailed(what, "Try again later, or look at the project's own page.") from error


def newer(version: str, than: str) -> bool:
    """Whether a version, numbers parted by points, comes after another one."""
    return _numbers(version) > _numbers(than)


def _numbers(version: str) -> tuple[int, ...]:
    """1.2 is 1.2.0.0; what follows the numbers (a development build's mark) does not count."""
    match = VERSION.match(version)
    numbers = tuple(int(part) for part in match.group().split(".")) if match else ()
    return numbers + (0,) * (4 - len(numbers))
