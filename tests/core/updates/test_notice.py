from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from core.errors import UpdateCheckFailed
from core.updates.notice import newer, read_notice

KEY = Ed25519PrivateKey.generate()
PUBLIC = base64.b64encode(KEY.public_key().public_bytes_raw()).decode()
NOTICE: dict[str, Any] = {
    "version": "0.2.0",
    "released": "2026-12-01",
    "notes": "Faster.",
    "page": "https://example.org/penjing",
    "downloads": {"linux-deb": {"url": "https://example.org/penjing.deb", "sha256": "0" * 64, "bytes": 7}},
}


def signed(content: object) -> tuple[bytes, bytes]:
    data = json.dumps(content).encode()
    return data, base64.b64encode(KEY.sign(data))


def test_a_signed_notice_is_read() -> None:
    notice = read_notice(*signed(NOTICE), PUBLIC)
    assert notice.version == "0.2.0"
    assert notice.downloads["linux-deb"].bytes == 7


def test_what_a_later_version_adds_is_no_harm() -> None:
    assert read_notice(*signed(NOTICE | {"mirrors": []}), PUBLIC).version == "0.2.0"


@given(st.integers(0, 10_000), st.integers(0, 7))
def test_any_changed_bit_is_noticed(place: int, bit: int) -> None:
    data, signature = signed(NOTICE)
    changed = bytearray(data)
    changed[place % len(data)] ^= 1 << bit
    with pytest.raises(UpdateCheckFailed, match="not signed"):
        read_notice(bytes(changed), signature, PUBLIC)


def test_another_key_does_not_do() -> None:
    data, _ = signed(NOTICE)
    other = Ed25519PrivateKey.generate()
    with pytest.raises(UpdateCheckFailed, match="not signed"):
        read_notice(data, base64.b64encode(other.sign(data)), PUBLIC)


@pytest.mark.parametrize("signature", [b"", b"no base64!", base64.b64encode(b"short")])
def test_what_is_no_signature_is_none(signature: bytes) -> None:
    with pytest.raises(UpdateCheckFailed, match="not signed"):
        read_notice(signed(NOTICE)[0], signature, PUBLIC)


@pytest.mark.parametrize("key", ["no key", "AAAA"])
def test_a_key_that_is_none_is_told(key: str) -> None:
    with pytest.raises(UpdateCheckFailed, match="key"):
        read_notice(*signed(NOTICE), key)


@pytest.mark.parametrize(
    "change",
    [
        {"version": "latest"},
        {"version": "1.2\n3"},
        {"released": "tomorrow"},
        {"page": "http://example.org"},
        {"page": "javascript:alert(1)"},
        {"downloads": {"linux-deb": {"url": "file:///etc/passwd", "sha256": "0" * 64, "bytes": 7}}},
        {"downloads": {"linux-deb": {"url": "http://example.org", "sha256": "0" * 64, "bytes": 7}}},
        {"downloads": {"linux-deb": {"url": "https://example.org", "sha256": "none", "bytes": 7}}},
        {"notes": "x" * 20_001},
    ],
)
def test_a_signed_notice_that_makes_no_sense_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(UpdateCheckFailed, match="cannot be read"):
        read_notice(*signed(NOTICE | change), PUBLIC)


def test_a_signed_text_that_is_no_notice_is_refused() -> None:
    data = b"hello"
    with pytest.raises(UpdateCheckFailed, match="cannot be read"):
        read_notice(data, base64.b64encode(KEY.sign(data)), PUBLIC)


@pytest.mark.parametrize(
    ("version", "than", "is_newer"),
    [
        ("0.2.0", "0.1.0", True),
        ("0.10.0", "0.9.9", True),
        ("1.0", "1.0.0", False),
        ("0.1.0", "0.1.0", False),
        ("0.1.0", "0.2.0", False),
        ("0.2.0", "0.2.0.dev1", False),
    ],
)
def test_versions_compare_by_numbers(version: str, than: str, is_newer: bool) -> None:
    assert newer(version, than) is is_newer
