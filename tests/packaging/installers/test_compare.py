"""Two builds are compared by what is in them, to the byte."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import compare
from build import FROZEN
from freeze import LISTING, write_listing


def build(folder: Path) -> Path:
    """What stands for a build: a program with a file and a link, and an installer."""
    program = folder / FROZEN / "penjing"
    program.mkdir(parents=True)
    (program / "library").write_text("code")
    (program / "link").symlink_to("library")
    (folder / "penjing_1_amd64.deb").write_text("package")
    return folder


def compared(one: Path, other: Path, capsys: pytest.CaptureFixture[str]) -> list[str]:
    for folder in (one, other):
        write_listing(folder / FROZEN / "penjing", folder / FROZEN / LISTING)
    count = compare.main(one, other)
    lines = capsys.readouterr().out.splitlines()
    assert count == (0 if lines[0].startswith("Both") else len(lines))
    return lines


def test_the_same_content_is_the_same_build_whenever_it_was_made(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one, other = build(tmp_path / "one"), build(tmp_path / "the other")
    os.utime(other / FROZEN / "penjing/library", (0, 0))
    assert compared(one, other, capsys) == ["Both builds are the same: 3 files and installers."]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda build: (build / FROZEN / "penjing/library").write_text("Code"), ["library differs."]),
        (lambda build: (build / FROZEN / "penjing/new").touch(), ["Only the second build has new."]),
        (lambda build: (build / FROZEN / "penjing/library").unlink(), ["Only the first build has library."]),
        (lambda build: (build / "penjing_1_amd64.deb").write_text("pAckage"), ["penjing_1_amd64.deb differs."]),
    ],
)
def test_every_difference_is_told(tmp_path: Path, change, said, capsys: pytest.CaptureFixture[str]) -> None:  # type: ignore[no-untyped-def]
    one, other = build(tmp_path / "one"), build(tmp_path / "other")
    change(other)
    assert compared(one, other, capsys) == said


def test_a_link_that_leads_elsewhere_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one, other = build(tmp_path / "one"), build(tmp_path / "other")
    link = other / FROZEN / "penjing/link"
    link.unlink()
    link.symlink_to("elsewhere")
    assert len(compared(one, other, capsys)) == 2


def test_an_exception_is_let_pass(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    one, other = build(tmp_path / "one"), build(tmp_path / "other")
    (other / FROZEN / "penjing/library").write_text("another")
    monkeypatch.setitem(compare.EXCEPTIONS, "library", "a reason")
    assert compared(one, other, capsys)[0].startswith("Both")
