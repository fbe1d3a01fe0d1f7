from __future__ import annotations

import socket
import tracemalloc

import pytest

from core.errors import UpdateCheckFailed
from core.updates.check import LARGEST, check
from tests.core.updates.serving import serving
from tests.core.updates.test_notice import NOTICE, PUBLIC, signed

DATA, SIGNATURE = signed(NOTICE)
GOOD = {"/update.json": (200, DATA), "/update.json.sig": (200, SIGNATURE)}


def test_a_newer_version_is_told() -> None:
    with serving(GOOD) as (address, _):
        notice = check(f"{address}/update.json", PUBLIC, current="0.1.0")
    assert notice is not None
    assert notice.version == "0.2.0"


def test_the_version_in_use_is_no_news() -> None:
    with serving(GOOD) as (address, _):
        assert check(f"{address}/update.json", PUBLIC, current="0.2.0") is None


def test_nothing_about_this_computer_is_sent() -> None:
    with serving(GOOD) as (address, asked):
        check(f"{address}/update.json", PUBLIC, current="0.1.7")
    host = address.removeprefix("http://")
    for request in asked:
        lines = {line.partition(":")[0].lower() for line in request.splitlines() if ":" in line.partition("/")[0]}
        assert lines <= {"accept-encoding", "host", "user-agent", "connection"}, request
        assert "0.1.7" not in request.replace(host, "")


def test_a_bad_signature_is_refused() -> None:
    bad = signed(NOTICE | {"version": "6.6.6"})[0]
    with serving(GOOD | {"/update.json": (200, bad)}) as (address, _), pytest.raises(UpdateCheckFailed, match="signed"):
        check(f"{address}/update.json", PUBLIC)


def test_a_missing_signature_is_refused() -> None:
    with (
        serving({"/update.json": (200, DATA)}) as (address, _),
        pytest.raises(UpdateCheckFailed, match="answered 404"),
    ):
        check(f"{address}/update.json", PUBLIC)


def test_an_endless_answer_is_cut_off() -> None:
    big = {"/update.json": (200, b" " * (200 * LARGEST))}
    tracemalloc.start()
    try:
        with serving(big) as (address, _):
            before, _ = tracemalloc.get_traced_memory()
            with pytest.raises(UpdateCheckFailed, match="more than a notice"):
                check(f"{address}/update.json", PUBLIC)
        assert tracemalloc.get_traced_memory()[1] - before < 20 * LARGEST
    finally:
        tracemalloc.stop()


def test_a_server_that_is_not_there_is_told() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        with pytest.raises(UpdateCheckFailed, match="cannot be reached"):
            check(f"http://127.0.0.1:{port}/update.json", PUBLIC)


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/update.json",
        "http://192.168.1.1/update.json",
        "file:///etc/passwd",
        "ftp://127.0.0.1/x",
        "update.json",
        "https://",
    ],
)
def test_only_safe_addresses_are_asked(url: str) -> None:
    with pytest.raises(UpdateCheckFailed, match="no https address"):
        check(url, PUBLIC)


def test_a_redirect_to_an_unsafe_address_is_not_followed() -> None:
    away = {"/update.json": (302, b"http://example.org/update.json")}
    with serving(away) as (address, _), pytest.raises(UpdateCheckFailed, match="no https address"):
        check(f"{address}/update.json", PUBLIC)


def test_a_build_without_a_key_asks_nobody() -> None:
    with serving(GOOD) as (address, asked):
        with pytest.raises(UpdateCheckFailed, match="without the key"):
            check(f"{address}/update.json", "")
        assert asked == []
