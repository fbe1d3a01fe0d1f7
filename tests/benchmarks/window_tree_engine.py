"""An engine process without a model that writes 100 KB at 200 tokens a second, four tokens and 64 nodes a step."""

from __future__ import annotations

import os
import sys
import time
from dataclasses import replace

from core.decoding.report import FinishReason, ReplySummary, Speculation
from core.engine.messages import Event, Finished, Generate, Load, Loaded, Loading, Started, Stepped
from core.engine.wire import decode, encode
from tests.app.tree.steps import grown_step

RATE = 200
"""Tokens a second."""

TOKENS = 4
"""Committed tokens of a step."""

BYTES = 100_000
SPECULATION = Speculation(on=True, why="", drafter="model")
PARAGRAPH = (
    "The planner puts every layer where it costs the least time, and the rest of the machine keeps what it needs. "
    "A pass over the tree reads each weight once, so that a longer path costs nothing more.\n\n"
    "* one point of a list\n* another, with `code` in it\n\n```python\nfor layer in layers:\n    run(layer)\n```\n\n"
)


def reply_text() -> str:
    """The whole text of a reply."""
    return (PARAGRAPH * (BYTES // len(PARAGRAPH) + 1))[:BYTES]


def pieces() -> list[str]:
    """What each step adds: four tokens of four characters."""
    text, size = reply_text(), 4 * TOKENS
    return [text[start : start + size] for start in range(0, len(text), size)]


def send(event: Event) -> None:
    sys.stdout.buffer.write(encode(event))
    sys.stdout.buffer.flush()


def write(reply: str) -> None:
    trees = [grown_step(64, seed) for seed in range(20)]
    started = time.monotonic()
    parts = pieces()
    for number, text in enumerate(parts):
        time.sleep(max(0.0, started + number * TOKENS / RATE - time.monotonic()))
        step = replace(trees[number % len(trees)], step=number, text=text, committed=tuple(range(TOKENS)))
        send(Stepped(reply, step))
    seconds = time.monotonic() - started
    count = TOKENS * len(parts)
    send(
        Finished(
            reply,
            ReplySummary(
                *(reply_text(), tuple(range(count)), FinishReason.END, 9, len(parts), TOKENS, count / seconds, 0.1),
                *(seconds, 1, 0, SPECULATION, 0),
            ),
        )
    )


def main() -> None:
    send(Started(os.getpid(), 0.1, 1 << 20, "none", "none"))
    for line in sys.stdin.buffer:
        command = decode(line)
        if isinstance(command, Load):
            send(Loading(1, 1, "nothing"))
            send(Loaded(command.plan, SPECULATION, 0.1, 1, 0, ()))
        elif isinstance(command, Generate):
            write(command.reply)


if __name__ == "__main__":
    main()
