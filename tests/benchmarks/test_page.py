"""Sections of a page are renewed in place."""

from __future__ import annotations

from pathlib import Path

from tests.benchmarks.page import table, write_section


def test_a_section_is_put_behind_the_others_and_then_replaced(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# Page\n\nAbout it.\n\n## One\n\nfirst\n", "utf-8")
    write_section(page, "Two", table(["name", "n"], [["a", "1"]]))
    write_section(page, "One", "anew")
    assert page.read_text("utf-8") == (
        "# Page\n\nAbout it.\n\n## One\n\nanew\n\n## Two\n\n| name | n |\n|---|---:|\n| a | 1 |\n"
    )
