"""Chats in the terminal; a line under each reply says how fast it was, and why."""

from __future__ import annotations

import argparse
import sys
from itertools import count
from typing import TYPE_CHECKING

from core.chat.message import Message
from core.commands.interrupt import interrupt_cancels
from core.commands.loading import load_engine, plan_for
from core.commands.options import add_model_options, add_sampling_options, make_sampling
from core.commands.remembering import Remembering
from core.decoding.report import FinishReason, ReplySummary
from core.engine.messages import Generate
from core.errors import PenjingError

if TYPE_CHECKING:
    from core.engine.engine import Engine

HELP = "/new starts a new chat, /quit (or Ctrl+D) leaves, /help shows this. Ctrl+C stops a reply."


def add_options(parser: argparse.ArgumentParser) -> None:
    add_model_options(parser)
    add_sampling_options(parser)


def run(options: argparse.Namespace) -> int:
    sampling = make_sampling(options)
    plan = plan_for(options)
    with interrupt_cancels() as cancelled:
        engine = load_engine(plan, cancelled)
    remembering = Remembering(engine.loaded)
    edit_lines()
    print(f"{plan.model.name} is loaded. {HELP}")
    messages: list[Message] = []
    try:
        for number in count():
            match read_line():
                case None | "/quit" | "/exit":
                    return 0
                case "":
                    continue
                case "/new":
                    messages.clear()
                    print("A new chat.")
                case "/help":
                    print(HELP)
                case line if line.startswith("/"):
                    print(f"There is no command {line}. {HELP}")
                case line:
                    messages.append(Message("user", line))
                    request = Generate(
                        str(number), tuple(messages), "", sampling, options.max_new_tokens, budget=options.budget
                    )
                    reply(engine, request, messages, remembering)
    finally:
        engine.close()
    return 0


def edit_lines() -> None:
    """Gives the prompt history and arrow keys where Python has them; Windows' console has its own."""
    if sys.platform != "win32":
        import readline

        readline.parse_and_bind("set enable-bracketed-paste on")


def read_line() -> str | None:
    """What the person writes, without blanks around it; None at the end of the input."""
    prompt = "\n> " if sys.stdin.isatty() else ""
    while True:
        try:
            return input(prompt).strip()
        except EOFError:
            return None
        except KeyboardInterrupt:
            print("\n/quit leaves.", end="")


def reply(engine: Engine, request: Generate, messages: list[Message], remembering: Remembering) -> None:
    """Writes the reply as it comes and adds it to the conversation; a conversation that failed is as it was before."""
    try:
        with interrupt_cancels() as cancelled:
            for step in engine.generate(request, cancelled):
                remembering.add_step(step)
                print(step.text, end="", flush=True)
    except PenjingError as error:
        messages.pop()
        print(error)
        return
    summary = engine.summary
    assert summary is not None
    remembering.finish(summary)
    messages.append(Message("assistant", summary.text))
    print(f"\n{dim(status_line(summary))}")


def status_line(summary: ReplySummary) -> str:
    speculation = summary.speculation
    parts = [
        f"{len(summary.token_ids)} tokens",
        f"{summary.tokens_per_second:.1f} tok/s",
        f"{summary.tokens_per_step:.1f} per step",
        f"speculation {'on' if speculation.on else 'off'}: {speculation.why}",
    ]
    if summary.finish_reason is FinishReason.CANCELLED:
        parts.insert(0, "stopped")
    return " · ".join(parts)


def dim(text: str) -> str:
    return f"\x1b[2m{text}\x1b[0m" if sys.stdout.isatty() else text
