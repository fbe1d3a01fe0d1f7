"""Strings questions and answers together into conversations, one round of the corpus at a time.

Knows no tokens. Round r of seed s is always the same, so training can be resumed anywhere.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from corpus import Entry
from questions import ask, short_names

SYSTEM_MESSAGES = (
    "You are a helpful assistant.",
    "You are a helpful assistant that answers briefly.",
    "You explain Python's standard library.",
    "You are penjing-demo, a small model.",
    "Answer questions about Python.",
    "Be concise.",
)

HAND_WRITTEN_REPEATS = 3
"""Hand-written answers come this often in a round: they are few, and worded in many ways."""


@dataclass(frozen=True)
class Turn:
    """A question and its answer."""

    question: str
    answer: str


@dataclass(frozen=True)
class HandWritten:
    """An answer about Penjing itself, with the ways to ask for it."""

    ask: tuple[str, ...]
    answer: str


def hand_written() -> list[HandWritten]:
    """The chats in penjing_chats.jsonl, one JSON object a line."""
    text = Path(__file__).with_name("penjing_chats.jsonl").read_text(encoding="utf-8")
    lines = [json.loads(line) for line in text.splitlines()]
    return [HandWritten(tuple(line["ask"]), line["answer"]) for line in lines]


class Rounds:
    """Every entry once and every hand-written chat a few times, each round worded and ordered anew."""

    def __init__(self, entries: list[Entry], written: list[HandWritten], seed: int) -> None:
        self._entries = entries
        self._written = written
        self._seed = seed
        self._short = short_names(entries)

    def turns(self, number: int) -> list[Turn]:
        """The turns of round `number`, shuffled."""
        draw = random.Random(f"{self._seed} turns {number}")
        turns = [Turn(ask(entry, self._short, draw), entry.answer) for entry in self._entries]
        for chat in self._written:
            turns += [Turn(draw.choice(chat.ask), chat.answer) for _ in range(HAND_WRITTEN_REPEATS)]
        draw.shuffle(turns)
        return turns


def system_messages(seed: int, number: int, share: float = 0.05) -> Iterator[str | None]:
    """Endless: the system message for each next conversation of a round, mostly None."""
    draw = random.Random(f"{seed} system {number}")
    while True:
        yield draw.choice(SYSTEM_MESSAGES) if draw.random() < share else None
