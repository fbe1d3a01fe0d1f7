"""Who takes part in `penjing bench`: Penjing, plain decoding and other programs, each alone in a process of its own.

A fresh process each, so that peak memory is that contestant's and one's leftovers do not slow the next. All get the
same prompts as the same tokens, after a short reply to warm up.
"""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection

from core.chat.message import Message
from core.decoding.report import ReplySummary
from core.engine.messages import Generate
from core.errors import EngineStopped, PenjingError
from core.planning.plan import Plan
from core.sampling.settings import Sampling

Writer = Callable[[Generate], ReplySummary]
"""Writes one reply and says how it went."""

WARM_UP_TOKENS = 8


@dataclass(frozen=True, slots=True)
class Job:
    """What a contestant is to do: the user's turns of each conversation, under one plan and one set of settings.

    Attributes:
        fixed: Whether trees have the plan's budget, rather than what pays best up to it.
    """

    plan: Plan
    conversations: tuple[tuple[str, ...], ...]
    sampling: Sampling
    max_new_tokens: int | None
    fixed: bool


def run_contestant(name: str, job: Job) -> Iterator[list[ReplySummary]]:
    """Yields the replies of one conversation after the other.

    Raises:
        PenjingError: What the contestant raised; EngineStopped if its process ended on its own.
    """
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_contend, args=(name, job, sender), daemon=True)
    process.start()
    sender.close()
    try:
        for _ in job.conversations:
            answer = receiver.recv()
            if isinstance(answer, PenjingError):
                raise answer
            yield answer
    except EOFError as error:
        raise EngineStopped(f"The process of {name} ended early.", "Look above for what it printed.") from error
    finally:
        process.kill()
        process.join()


def _contend(name: str, job: Job, results: Connection) -> None:
    """The contestant's process: writes every reply and sends what came of it."""
    # Ctrl+C reaches the whole group of processes; whoever waits for this one ends it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with CONTESTANTS[name](job.plan) as write:
            write(Generate("warm-up", (Message("user", job.conversations[0][0]),), max_new_tokens=WARM_UP_TOKENS))
            for turns in job.conversations:
                results.send(_converse(write, turns, job))
    except PenjingError as error:
        results.send(error)


def _converse(write: Writer, turns: tuple[str, ...], job: Job) -> list[ReplySummary]:
    messages: list[Message] = []
    replies = []
    for turn in turns:
        messages.append(Message("user", turn))
        budget = job.plan.budget if job.fixed else None
        request = Generate("bench", tuple(messages), "", job.sampling, job.max_new_tokens, budget=budget)
        replies.append(write(request))
        messages.append(Message("assistant", replies[-1].text))
    return replies


@contextmanager
def _engine(plan: Plan) -> Iterator[Writer]:
    """Penjing's own engine; plain decoding is the same engine with a plan that has no draft."""
    from core.engine.importing import import_engine

    import_engine()
    from core.engine.engine import Engine

    engine = Engine(plan)

    def write(request: Generate) -> ReplySummary:
        for _ in engine.generate(request):
            pass
        assert engine.summary is not None
        return engine.summary

    try:
        yield write
    finally:
        engine.close()


@contextmanager
def _transformers(plan: Plan) -> Iterator[Writer]:
    from core.commands.transformers_peer import TransformersPeer

    yield TransformersPeer(plan).write


CONTESTANTS = {"penjing": _engine, "plain": _engine, "transformers": _transformers}
