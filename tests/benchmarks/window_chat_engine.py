"""An engine process without a model, which writes at a steady pace; for the measurements of the chat.

The question is "<tokens per second> <tokens> <file>": so many of the file's pieces of four to five letters are written,
from the beginning again when it ends. What was written is noted in a file beside it, with the time of each step.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from core.decoding.report import (
    FinishReason,
    NodeState,
    ReplySummary,
    Speculation,
    StepReport,
    StepSeconds,
    TreeReport,
)
from core.engine.messages import Event, Finished, Generate, Load, Loaded, Started, Stepped
from core.engine.wire import decode, encode

SPECULATION = Speculation(on=True, why="", drafter="model+lookup")
PER_STEP = 4
"""Tokens that a step commits: three from the tree, and the target's own."""


def send(event: Event) -> None:
    sys.stdout.buffer.write(encode(event))
    sys.stdout.buffer.flush()


def pieces_of(text: str) -> list[str]:
    """A text in pieces as long as tokens are."""
    pieces: list[str] = []
    place = 0
    while place < len(text):
        length = 4 + len(pieces) % 2
        pieces.append(text[place : place + length])
        place += length
    return pieces


def step(number: int, pieces: list[str]) -> StepReport:
    """A step whose tree is a path of all but the last piece, with a sibling beside each."""
    path = pieces[:-1]
    accepted, other = NodeState.ACCEPTED, NodeState.NOT_TAKEN
    tree = TreeReport(
        tokens=tuple(range(1 + 2 * len(path))),
        texts=("", *(text for piece in path for text in (piece, "other"))),
        parents=(-1, *(parent for index in range(len(path)) for parent in (max(0, 2 * index - 1),) * 2)),
        probabilities=(1.0, *(0.6, 0.2) * len(path)),
        scores=(0.0, *(-0.5, -1.6) * len(path)),
        ranks=(0, *(0, 1) * len(path)),
        sources=("", *("model", "lookup") * len(path)),
        states=(NodeState.ROOT, *(accepted, other) * len(path)),
        exit_node=max(0, 2 * len(path) - 1),
        exit_token=9,
        exit_text=pieces[-1],
    )
    seconds = StepSeconds(0.001, 0.0, 0.001, 0.0)
    return StepReport(
        number, tree, tuple(range(len(pieces))), "".join(pieces), 1 + 2 * len(path), len(path), seconds, 0, 0, 1, 0
    )


def write(request: Generate) -> None:
    """Write a reply at its pace; each step is noted once it is on its way."""
    rate, count, name = request.messages[-1].content.split(maxsplit=2)
    pieces = pieces_of(Path(name).read_text(encoding="utf-8"))
    wanted = [pieces[index % len(pieces)] for index in range(int(count))]
    began = time.monotonic()
    with Path(name + ".sent").open("w", encoding="utf-8") as sent:
        length = steps = 0
        for start in range(0, len(wanted), PER_STEP):
            time.sleep(max(0.0, began + start / float(rate) - time.monotonic()))
            part = wanted[start : start + PER_STEP]
            send(Stepped(request.reply, step(steps, part)))
            steps += 1
            length += sum(map(len, part))
            sent.write(f"{time.time():.6f} {length}\n")
            sent.flush()
    summary = ReplySummary(
        "".join(wanted),
        tuple(range(len(wanted))),
        FinishReason.END,
        4,
        steps,
        len(wanted) / steps,
        float(rate),
        0.01,
        time.monotonic() - began,
        1,
        0,
        SPECULATION,
        7,
    )
    send(Finished(request.reply, summary))


def main() -> None:
    send(Started(os.getpid(), 0.1, 1 << 20, "none", "none"))
    for line in sys.stdin.buffer:
        command = decode(line)
        if isinstance(command, Load):
            send(Loaded(command.plan, SPECULATION, 0.1, 1, 0, ()))
        elif isinstance(command, Generate):
            write(command)


if __name__ == "__main__":
    main()
