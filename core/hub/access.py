"""The person's token for the model hub: kept by the system's keyring, never logged, never on a command line.

Where the keyring has none, the one that `hf auth login` stored counts, or HF_TOKEN. PENJING_KEYRING=none leaves the
system's keyring alone.
"""

from __future__ import annotations

import os
from enum import StrEnum

from core.errors import AccessDenied

SERVICE, USER = "penjing", "hugging-face-token"


class Kept(StrEnum):
    """Where the token in use is from."""

    KEYRING = "the system's keyring"
    HF = "`hf auth login` or HF_TOKEN"
    NOWHERE = "nowhere"


def read_token() -> str | None:
    """The token to use, or None."""
    return _from_keyring() or _from_hf()


def where_kept() -> Kept:
    """Where the token in use is from, without telling it."""
    return Kept.KEYRING if _from_keyring() else Kept.HF if _from_hf() else Kept.NOWHERE


def keep_token(token: str) -> None:
    """Give the token to the system's keyring.

    Raises:
        AccessDenied: The system has no keyring, or it is locked.
    """
    import keyring
    from keyring.errors import KeyringError

    try:
        if os.environ.get("PENJING_KEYRING") == "none":
            raise KeyringError("it was switched off")
        keyring.set_password(SERVICE, USER, token.strip())
    except KeyringError as error:
        raise AccessDenied(
            "The system's keyring did not take the token.", "Unlock the keyring, or run `hf auth login` instead."
        ) from error


def forget_token() -> None:
    """Take the token out of the system's keyring, if it is there. What `hf auth login` stored stays."""
    import keyring
    from keyring.errors import KeyringError, PasswordDeleteError

    try:
        if _from_keyring() is not None:
            keyring.delete_password(SERVICE, USER)
    except PasswordDeleteError:
        return
    except KeyringError as error:
        raise AccessDenied("The system's keyring did not let go of the token.", "Unlock the keyring.") from error


def _from_keyring() -> str | None:
    if os.environ.get("PENJING_KEYRING") == "none":
        return None
    import keyring  # Only now: it looks for the system's services, which takes a while.
    from keyring.errors import KeyringError

    try:
        return keyring.get_password(SERVICE, USER) or None
    except KeyringError:  # There is none on this system, or it is locked: then it holds no token for us.
        return None


def _from_hf() -> str | None:
    from huggingface_hub import get_token

    return get_token()
