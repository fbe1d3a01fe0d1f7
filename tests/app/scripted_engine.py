"""An engine process without a model: speaks the wire protocol and writes what the prompt asks for.

The prompt is "<count> <then>": so many steps of one word each, then "end", "wait" (for a cancel) or "crash".
"""

from __future__ import annotations

import os
import sys

from core.decoding.report import (
    FinishReason,
    NodeState,
    ReplySummary,
    Speculation,
    StepReport,
    StepSeconds,
    TreeReport,
)
from core.engine.messages import Cancel, Event, Failed, Finished, Generate, Load, Loaded, Loading, Started, Stepped
from core.engine.wire import decode, encode

SPECULATION = Speculation(on=True, why="", drafter="model")
TREE = TreeReport(
    tokens=(1, 2, 3),
    texts=("a", "b", "c"),
    parents=(-1, 0, 0),
    probabilities=(1.0, 0.5, 0.3),
    scores=(0.0, -0.7, -1.2),
    ranks=(0, 0, 1),
    sources=("", "model", "model"),
    states=(NodeState.ROOT, NodeState.NOT_TAKEN, NodeState.NOT_TAKEN),
    exit_node=0,
    exit_token=9,
    exit_text="z",
)


def send(event: Event) -> None:
    sys.stdout.buffer.write(encode(event))
    sys.stdout.buffer.flush()


def step(number: int) -> StepReport:
    return StepReport(
        step=number,
        tree=TREE,
        committed=(number,),
        text=f"word{number} ",
        nodes=3,
        depth=1,
        seconds=StepSeconds(0.001, 0.0, 0.001, 0.0),
        bytes_streamed=0,
        experts_streamed=0,
        ram_bytes=1,
        vram_bytes=0,
    )


def summary(count: int, reason: FinishReason) -> ReplySummary:
    text = "".join(f"word{number} " for number in range(count))
    return ReplySummary(text, tuple(range(count)), reason, 4, count, 1.0, 500.0, 0.01, 0.1, 1, 0, SPECULATION, 7)


def main() -> None:
    send(Started(os.getpid(), 0.1, 1 << 20, "none", "none"))
    writing: tuple[str, int] | None = None
    for line in sys.stdin.buffer:
        command = decode(line)
        if isinstance(command, Load):
            if not command.plan.model.exists():
                send(Failed("UnusableModel", "The model is gone.", "Choose another."))
                continue
            send(Loading(1, 2, "layer 1"))
            send(Loaded(command.plan, SPECULATION, 0.1, 1, 0, ()))
        elif isinstance(command, Generate):
            prompt = command.prompt or command.messages[-1].content
            count, then = int(prompt.split()[0]), prompt.split()[1]
            for number in range(count):
                send(Stepped(command.reply, step(number)))
            if then == "crash":
                os.abort()
            elif then == "wait":
                writing = (command.reply, count)
            elif then == "fail":
                send(Failed("PromptTooLong", "The conversation is too long.", "Start a new chat.", command.reply))
            else:
                send(Finished(command.reply, summary(count, FinishReason.END)))
        elif isinstance(command, Cancel) and writing is not None:
            send(Finished(writing[0], summary(writing[1], FinishReason.CANCELLED)))
            writing = None


if __name__ == "__main__":
    main()
