"""Asks an address for the notice about the newest release. The one connection that Penjing makes for its own sake."""

from __future__ import annotations

import http.client
import ipaddress
import ssl
import urllib.error
import urllib.parse
import urllib.request
from importlib.metadata import version

from core.errors import UpdateCheckFailed
from core.locations import RESOURCES
from core.updates.notice import Notice, newer, read_notice

DEFAULT_URL = "https://github.com/penjing/penjing/releases/latest/download/update.json"
SIGNATURE = ".sig"
"""What the address of the signature has behind that of the notice."""

LARGEST = 256 * 1024
SECONDS = 10.0
KEY_FILE = RESOURCES / "update_key.txt"


def release_key() -> str:
    """The public key of this build's releases in base64; "" if it was built without one."""
    return KEY_FILE.read_text("ascii").strip() if KEY_FILE.exists() else ""


def check(url: str, key: str, current: str | None = None) -> Notice | None:
    """The release that is newer than this one (or than `current`), if there is one.

    Nothing is sent but the request itself: no name, no version, no number.

    Raises:
        UpdateCheckFailed: The address does not answer, or not with a notice signed by `key`.
    """
    if not key:
        what = "This Penjing was built without the key that update notices are signed with."
        raise UpdateCheckFailed(what, "Look at the project's page for new releases.")
    notice = read_notice(_fetch(url), _fetch(url + SIGNATURE), key)
    return notice if newer(notice.version, current or version("penjing")) else None


def _fetch(url: str) -> bytes:
    _check_address(url)
    request = urllib.request.Request(url, headers={"User-Agent": "Penjing"})
    opener = urllib.request.build_opener(_SafeRedirects)
    try:
        with opener.open(request, timeout=SECONDS) as answer:
            data: bytes = answer.read(LARGEST + 1)
    except urllib.error.HTTPError as error:
        what = f"{url} answered {error.code} ({error.reason})."
        raise UpdateCheckFailed(what, "Check the address in the settings, or try again later.") from error
    except (OSError, ssl.SSLError, http.client.HTTPException) as error:
        reason = error.reason if isinstance(error, urllib.error.URLError) else error
        what = f"{url} cannot be reached: {reason}."
        raise UpdateCheckFailed(what, "Check the connection and the address in the settings.") from error
    if len(data) > LARGEST:
        raise UpdateCheckFailed(f"{url} sends more than a notice has.", "Check the address in the settings.")
    return data


class _SafeRedirects(urllib.request.HTTPRedirectHandler):
    """Follows to safe addresses only."""

    def redirect_request(self, *args: object, **_: object) -> urllib.request.Request | None:
        _check_address(str(args[-1]))
        return super().redirect_request(*args)  # type: ignore[arg-type]


def _check_address(url: str) -> None:
    """Raises UpdateCheckFailed unless nobody on the way can read along: https, or this computer itself."""
    parts = urllib.parse.urlsplit(url)
    if parts.scheme == "https" and parts.hostname:
        return
    if parts.scheme == "http" and parts.hostname and _is_loopback(parts.hostname):
        return
    raise UpdateCheckFailed(f"{url} is no https address.", "Check the address in the settings.")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
