"""Writes the manual page penjing(1) from the command line's own parser: `python packaging/installers/manual.py`."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from core.cli import make_parser

HEAD = r""".TH PENJING 1 "" "Penjing" "User commands"
.SH NAME
penjing \- run language models that are too big for the machine
.SH SYNOPSIS
.B penjing
.RB [ \-\-open
.IR WHAT ]
.br
.B penjing
.I COMMAND
.RI [ OPTIONS ]
.SH DESCRIPTION
"""

FOOT = r""".SH FILES
.TP
.I ~/.local/share/penjing
Chats, settings, models, measured speeds and logs of a person.
.TP
.I /opt/penjing/licences
The licences of all bundled parts.
.SH ENVIRONMENT
.TP
.B PENJING_HOME
A folder for chats, settings and logs in place of the one above.
.TP
.B PENJING_MODELS
A folder for downloaded models.
.TP
.B HF_ENDPOINT
The model hub to ask, if not Hugging Face's own.
.TP
.B HF_HUB_OFFLINE
Set to 1, the hub is never asked.
.SH EXIT STATUS
0 done; 1 a bug, whose log file is named, or an engine that crashed; 2 bad input or a model that cannot be used; 3 does
not fit in the limits; 130 cancelled.
.SH SEE ALSO
The user guide: F1 in the window.
"""


def page() -> str:
    """The page in the language of man."""
    parser = make_parser()
    return "".join([HEAD, _text(_about(parser)), *_options(parser), ".SH COMMANDS\n", *_commands(parser), FOOT])


def _commands(parser: argparse.ArgumentParser, before: str = "penjing") -> Iterator[str]:
    """Every subcommand with its options, and those below it."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, command in action.choices.items():
                named = [_text(each.metavar or each.dest) for each in command._actions if _is_named(each)]
                yield f".SS {_text(f'{before} {name}')} {' '.join(named)}".rstrip() + "\n"
                yield _text(_about(command))
                yield from _options(command)
                yield from _commands(command, f"{before} {name}")


def _is_named(action: argparse.Action) -> bool:
    """Whether an argument is given by its place."""
    return not action.option_strings and not isinstance(action, argparse._SubParsersAction)


def _options(parser: argparse.ArgumentParser) -> Iterator[str]:
    for action in parser._actions:
        if "--help" in action.option_strings or isinstance(action, argparse._SubParsersAction):
            continue
        if action.option_strings or action.help:
            yield f".TP\n{_invocation(action)}\n{_text(action.help or '')}\n"


def _invocation(action: argparse.Action) -> str:
    """How an option is written: itself in bold, what follows it in italics."""
    value = action.metavar or ("|".join(map(str, action.choices)) if action.choices else action.dest.upper())
    shown = rf"\fI{_text(str(value))}\fR"
    if not action.option_strings:
        return shown
    options = ", ".join(rf"\fB{_text(option)}\fR" for option in action.option_strings)
    if action.nargs == 0:
        return options
    return f"{options} [{shown}]" if action.nargs == "?" else f"{options} {shown}"


def _about(parser: argparse.ArgumentParser) -> str:
    return f"{parser.description}\n"


def _text(words: str) -> str:
    """Words without what man would take for its own: backslashes, minus signs, a point or quote that begins a line."""
    escaped = words.replace("\\", r"\e").replace("-", r"\-").replace("%%", "%")
    return rf"\&{escaped}" if escaped.startswith((".", "'")) else escaped


if __name__ == "__main__":
    print(page(), end="")
