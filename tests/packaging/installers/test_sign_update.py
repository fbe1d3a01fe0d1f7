"""What signs notices makes what Penjing believes, and nothing else."""

from __future__ import annotations

import json
import stat
import sys
from pathlib import Path

import pytest

import sign_update
from core.errors import UpdateCheckFailed
from core.updates.notice import read_notice

NOTICE = {"version": "1.2", "released": "2026-12-01", "notes": "Faster.", "page": "https://example.org/1.2"}


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    sign_update.make_keys(tmp_path)
    return tmp_path


def write(folder: Path, **changes: str) -> Path:
    file = folder / "update.json"
    file.write_text(json.dumps(NOTICE | changes))
    return file


def test_what_is_signed_is_believed_with_the_public_key(keys: Path) -> None:
    notice = write(keys)
    signature = sign_update.sign(keys / "update_key.private", notice)
    assert signature == notice.with_name("update.json.sig")
    public = (keys / "update_key.txt").read_text().strip()
    assert read_notice(notice.read_bytes(), signature.read_bytes(), public).version == "1.2"


def test_what_penjing_would_not_accept_is_not_signed(keys: Path) -> None:
    with pytest.raises(UpdateCheckFailed):
        sign_update.sign(keys / "update_key.private", write(keys, page="http://example.org"))
    assert not (keys / "update.json.sig").exists()


def test_a_key_is_never_written_over(keys: Path) -> None:
    before = (keys / "update_key.private").read_bytes()
    with pytest.raises(FileExistsError):
        sign_update.make_keys(keys)
    assert (keys / "update_key.private").read_bytes() == before


@pytest.mark.skipif(sys.platform == "win32", reason="rights are otherwise there")
def test_nobody_else_may_read_the_private_key(keys: Path) -> None:
    assert stat.S_IMODE((keys / "update_key.private").stat().st_mode) == 0o600
