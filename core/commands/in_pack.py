"""Runs a command in the Python of the pack for NVIDIA cards, where the window's engine runs too, if there is one."""

from __future__ import annotations

import argparse
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from core.children import code_environment
from core.errors import EngineStopped
from core.gpu_pack.pack import find_pack
from core.locations import user_data

COMMANDS = ("generate", "chat", "bench")
"""Those that compute on a card where they can."""

NOT_STARTED = 79
"""What the pack's Python returns where it cannot run commands. No command of ours returns that."""

START = f"""
import sys
try:
    import core.cli
    from core.engine.importing import import_engine
    import_engine()
except (ImportError, OSError) as error:
    print(error, file=sys.stderr)
    sys.exit({NOT_STARTED})
sys.exit(core.cli.main(sys.argv[1:]))
"""


def run_in_pack(arguments: Sequence[str], options: argparse.Namespace) -> int | None:
    """Runs `penjing` with these arguments, which were read to these options, in the pack.

    Returns the exit code; None if the command is for this process: there is no pack, the processor is to compute, or
    the pack does not start, which is said on stderr.

    Raises EngineStopped if it crashes.
    """
    if options.command not in COMMANDS or options.device == "cpu":
        return None
    interpreter = pack_interpreter()
    if interpreter is None or interpreter == Path(sys.executable):
        return None
    try:
        code = run([str(interpreter), "-c", START, *arguments], code_environment(str(interpreter)))
    except OSError as error:
        print(error, file=sys.stderr)
        code = NOT_STARTED
    if code == NOT_STARTED:
        print("The pack for NVIDIA cards does not start, so the processor computes.", file=sys.stderr)
        return None
    if code < 0:
        what = f"The pack for NVIDIA cards crashed ({signal.Signals(-code).name})."
        raise EngineStopped(what, "Use --device cpu, or remove the pack in the settings.")
    return code


def pack_interpreter() -> Path | None:
    """The Python of this person's pack; None without a pack, or where the person's folder cannot be had."""
    try:
        pack = find_pack(user_data())
    except OSError:
        return None
    return pack.interpreter if pack is not None else None


def run(command: list[str], environment: dict[str, str]) -> int:
    """Runs a command and returns its exit code; negative if a signal ended it. Raises OSError if it cannot start."""
    with subprocess.Popen(command, env=environment) as process, signals_go_to(process):
        return process.wait()


@contextmanager
def signals_go_to(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """Lets a child decide what Ctrl+C and a request to end mean: this process ends after it."""
    # A terminal sends Ctrl+C to the child as well.
    handlers = {signal.SIGINT: lambda *_: None, signal.SIGTERM: lambda *_: process.terminate()}
    previous = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
