"""The manual page tells every command and option that there is, and man can read it."""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
from collections.abc import Iterator

import pytest

import manual
from core.cli import COMMANDS, make_parser


def subparsers(parser: argparse.ArgumentParser) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            yield from action.choices.items()


def sections(page: str) -> dict[str, str]:
    """What stands under each command, with minus signs as they are typed."""
    plain = re.sub(r"\\f[BIR]", "", page).replace(r"\-", "-")
    parts = re.split(r"(?m)^\.SS (penjing.*)$", plain.partition(".SH COMMANDS\n")[2].partition(".SH FILES")[0])
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_every_command_and_option_is_in_it() -> None:
    found = sections(manual.page())
    names = {title.partition(" [")[0] for title in found}
    for name, parser in subparsers(make_parser()):
        below = list(subparsers(parser))
        for title, command in [(name, parser), *((f"{name} {inner}", each) for inner, each in below)]:
            (text,) = [text for key, text in found.items() if re.match(rf"penjing {title}(?= [^a-z]|$)", key)]
            assert (command.description or "no description") in text
            for action in command._actions:
                for option in set(action.option_strings) - {"-h", "--help"}:
                    assert option in text, f"penjing {title} {option}"
                    assert action.nargs == 0 or re.search(rf"{option} \S", text)
    assert len(names) >= len(COMMANDS)
    assert {"penjing models download OWNER/NAME", "penjing quantize", "penjing generate"} <= found.keys()


def test_no_line_of_text_is_taken_for_a_command_of_mans() -> None:
    known = {".TH", ".SH", ".SS", ".TP", ".B", ".I", ".RB", ".IR", ".RI", ".br"}
    lines = manual.page().splitlines()
    assert {line.split()[0] for line in lines if line.startswith((".", "'"))} <= known
    assert all(lines)


@pytest.mark.skipif(shutil.which("mandoc") is None and shutil.which("groff") is None, reason="needs mandoc or groff")
def test_man_has_nothing_to_complain_of() -> None:
    groff = ["groff", "-k", "-man", "-ww", "-z", "-Tutf8"]
    lint = ["mandoc", "-Tlint", "-Wwarning"] if shutil.which("mandoc") else groff
    done = subprocess.run(lint, input=manual.page(), capture_output=True, text=True, check=False)
    assert not done.stderr
