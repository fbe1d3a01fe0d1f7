from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.chat.attachment import LARGEST, Attachment, attachments_of, quoted, read_attachment
from core.errors import BadRequest


def test_a_text_file_is_read_with_its_name_alone(tmp_path: Path) -> None:
    file = tmp_path / "notes.md"
    file.write_bytes("\ufeffGröße\r\n漢字\n".encode())
    assert read_attachment(file) == Attachment("notes.md", "Größe\n漢字\n")


@pytest.mark.parametrize("content", [b"\xff\xfe\x00\x01", b"PK\x03\x04\x00\x00", "Größe".encode("latin-1")])
def test_what_is_no_text_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "file"
    file.write_bytes(content)
    with pytest.raises(BadRequest, match="not a text file"):
        read_attachment(file)


def test_what_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match="cannot be read"):
        read_attachment(tmp_path / "none")
    with pytest.raises(BadRequest, match="not a file"):
        read_attachment(tmp_path)
    large = tmp_path / "large"
    with large.open("wb") as stream:
        stream.truncate(LARGEST + 1)
    with pytest.raises(BadRequest, match=r"2\.0 MiB|2 MiB"):
        read_attachment(large)


@given(text=st.text(alphabet="`~ab\n", max_size=30))
def test_no_text_ends_its_own_quote(text: str) -> None:
    quote = quoted("Why?", [Attachment("a.md", text)])
    fence = re.match(r"a\.md:\n(`+)\n", quote)
    assert fence is not None
    assert fence.group(1) not in text
    assert quote.endswith(f"\n{fence.group(1)}\n\nWhy?")


def test_attachments_are_kept_with_the_turn() -> None:
    details = {"attachments": [{"name": "a", "text": "b"}]}
    assert attachments_of(details) == (Attachment("a", "b"),)
    assert attachments_of(None) == attachments_of({}) == ()
