"""`penjing`: opens the window, or carries out one subcommand and says how it went by its exit code."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import traceback
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import NoReturn

from core.commands import bench, chat, doctor, generate, models, plan, quantize
from core.commands.in_pack import run_in_pack
from core.commands.window import open_window
from core.errors import BadRequest, Cancelled, PenjingError
from core.locations import user_data

COMMANDS = {
    "generate": generate,
    "chat": chat,
    "plan": plan,
    "bench": bench,
    "models": models,
    "quantize": quantize,
    "doctor": doctor,
}

DONE, BUG = 0, 1


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs `penjing` with these arguments (the process's own by default). Returns the exit code."""
    try:
        given = sys.argv[1:] if arguments is None else arguments
        code = carry_out(make_parser().parse_args(given), given)
        sys.stdout.flush()
    except PenjingError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    except (Cancelled, KeyboardInterrupt):
        return Cancelled.exit_code
    except BrokenPipeError:
        # Whoever read the output has seen enough (`penjing plan | head`). What is still buffered has nowhere to go.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except Exception as error:  # noqa: BLE001 - above this there is nobody: what was not foreseen is a bug.
        print(f"Penjing met a bug: {error!r}. The details are in {write_bug_report()}.", file=sys.stderr)
        return BUG
    return code


def carry_out(options: argparse.Namespace, arguments: Sequence[str]) -> int:
    """Does what the options say, which the arguments were read to."""
    if options.version:
        print(f"penjing {version('penjing')}")
        return DONE
    if options.command is None:
        return open_window(options.open or "")
    in_pack = run_in_pack(arguments, options)
    code: int = options.run(options) if in_pack is None else in_pack
    return code


class SentenceParser(argparse.ArgumentParser):
    """A parser whose complaints are sentences like all others, without a page of usage."""

    def error(self, message: str) -> NoReturn:
        raise BadRequest(f"{message[:1].upper()}{message[1:]}.", f"`{self.prog} --help` lists the options.")


def make_parser() -> argparse.ArgumentParser:
    parser = SentenceParser(
        prog="penjing",
        description="Runs language models that are too big for this machine. Without a command, opens the window.",
        epilog="`penjing COMMAND --help` explains a command. Sizes are written 1.5GiB, 800MiB or 8GB.",
    )
    parser.add_argument("--version", action="store_true", help="print the version")
    # Without a value too: a desktop's menu entry leaves it out where nothing is to be opened.
    what = "a model's folder, a .gguf file or a penjing: link to open the window at"
    parser.add_argument("--open", nargs="?", metavar="WHAT", help=what)
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=SentenceParser)
    for name, command in COMMANDS.items():
        summary = (command.__doc__ or "").partition("\n")[0]
        subparser = subparsers.add_parser(name, help=summary, description=summary)
        command.add_options(subparser)
        subparser.set_defaults(run=command.run)
    return parser


def write_bug_report() -> Path:
    """Writes the error in progress to a log file of its own. Returns where it is."""
    now = datetime.now(UTC)
    try:
        folder = user_data() / "logs"
        folder.mkdir(exist_ok=True)
    except OSError:
        # A home that is read-only may well be what the error is about.
        folder = Path(tempfile.gettempdir())
    file = folder / f"bug-{now:%Y%m%d-%H%M%S}.log"
    command = " ".join(sys.argv)
    file.write_text(f"{now.isoformat()}\n{command}\n{traceback.format_exc()}", encoding="utf-8")
    return file


if __name__ == "__main__":
    sys.exit(main())
