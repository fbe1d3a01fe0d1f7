"""The token: in the keyring, else what `hf auth login` stored."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.errors import KeyringError, PasswordDeleteError

from core.errors import AccessDenied
from core.hub.access import Kept, forget_token, keep_token, read_token, where_kept


class InMemory(KeyringBackend):
    """A keyring as systems have them, for as long as the test runs."""

    priority = 1.0

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.kept: dict[tuple[str, str], str] = {}
        self.locked = False

    def get_password(self, service: str, username: str) -> str | None:
        if self.locked:
            raise KeyringError("locked")
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        if self.locked:
            raise KeyringError("locked")
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        if self.kept.pop((service, username), None) is None:
            raise PasswordDeleteError("not there")


@pytest.fixture
def ring(online: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemory]:
    monkeypatch.delenv("PENJING_KEYRING")
    before, ring = keyring.get_keyring(), InMemory()
    keyring.set_keyring(ring)
    yield ring
    keyring.set_keyring(before)


def test_a_token_is_kept_by_the_keyring_and_forgotten(ring: InMemory) -> None:
    assert (read_token(), where_kept()) == (None, Kept.NOWHERE)
    keep_token(" hf_mine\n")
    assert (read_token(), where_kept()) == ("hf_mine", Kept.KEYRING)
    assert list(ring.kept.values()) == ["hf_mine"]
    forget_token()
    forget_token()
    assert read_token() is None


def test_the_keyring_counts_before_what_hf_stored(ring: InMemory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_theirs")
    assert (read_token(), where_kept()) == ("hf_theirs", Kept.HF)
    keep_token("hf_mine")
    assert read_token() == "hf_mine"


def test_what_hf_auth_login_stored_counts(ring: InMemory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub import constants

    (tmp_path / "token").write_text("hf_stored\n")
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "token"))
    assert read_token() == "hf_stored"


def test_a_locked_keyring_is_told_where_it_matters(ring: InMemory, monkeypatch: pytest.MonkeyPatch) -> None:
    ring.locked = True
    monkeypatch.setenv("HF_TOKEN", "hf_theirs")
    assert read_token() == "hf_theirs"
    with pytest.raises(AccessDenied, match="keyring did not take") as caught:
        keep_token("hf_secret")
    assert "hf_secret" not in str(caught.value)
