"""What the window knows of a conversation: its turns, and what became of each reply."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from app.drafters import drafter_words
from core.chat.message import Message
from core.decoding.report import FinishReason, ReplySummary

TITLE_LENGTH = 48


class State(StrEnum):
    """What became of a turn."""

    COMPLETE = "complete"
    WAITING = "waiting"
    WRITING = "writing"
    STOPPED = "stopped"
    FAILED = "failed"


class NextStep(StrEnum):
    """What helps after a reply that could not be written or finished; the value is the button's text."""

    NONE = ""
    LOAD = "Load again"
    NEW_CHAT = "New chat"
    PLAN = "Change the plan"
    MODELS = "Choose a model"


NEXT_STEPS = {
    "PromptTooLong": NextStep.NEW_CHAT,
    "DoesNotFit": NextStep.PLAN,
    "OutOfMemory": NextStep.PLAN,
    "UnusableModel": NextStep.MODELS,
    "UnusableDraft": NextStep.MODELS,
    "ReadFailed": NextStep.LOAD,
}
"""What helps after an error of `core.errors`, by its name."""


@dataclass(eq=False)
class Turn:
    """One message, the person's or the model's.

    Attributes:
        facts: What its reply cost, in words of `ReplySummary`; empty until it is finished.
        note: A sentence about its state, such as why it failed.
        next_step: What helps then; not kept, as it is of use only at the time.
        id: Its number in the store, once it is kept there.
        kept: Content and details as they were kept last.
    """

    role: str
    content: str = ""
    state: State = State.COMPLETE
    facts: dict[str, Any] = field(default_factory=dict)
    note: str = ""
    next_step: NextStep = NextStep.NONE
    id: int | None = None
    kept: tuple[str, dict[str, Any]] | None = None

    @property
    def busy(self) -> bool:
        return self.state in (State.WAITING, State.WRITING)

    @property
    def details(self) -> dict[str, Any]:
        """What is kept beside the content. A reply that is being written counts as stopped if nothing more is kept."""
        state = State.STOPPED if self.busy else self.state
        return {"state": state.value, "facts": dict(self.facts), "note": "" if self.busy else self.note}


@dataclass(eq=False)
class Chat:
    """A conversation. `id` is its number in the store, once it is kept there."""

    title: str = ""
    turns: list[Turn] = field(default_factory=list)
    id: int | None = None

    def messages(self, system_prompt: str) -> tuple[Message, ...]:
        """What the model is to answer: all turns that have a text, the one being written left out."""
        system = (Message("system", system_prompt),) if system_prompt.strip() else ()
        said = tuple(Message(turn.role, turn.content) for turn in self.turns if turn.content and not turn.busy)
        return system + said


def turn_from_store(id: int, role: str, content: str, details: dict[str, Any] | None) -> Turn:
    """A turn as it was kept; one without details is complete."""
    details = details or {}
    turn = Turn(
        role,
        content,
        State(details.get("state", State.COMPLETE)),
        dict(details.get("facts", {})),
        str(details.get("note", "")),
        id=id,
    )
    turn.kept = (content, turn.details)
    return turn


def title_of(question: str) -> str:
    """A chat's name: the beginning of its first question."""
    words = " ".join(question.split())
    return words if len(words) <= TITLE_LENGTH else words[: TITLE_LENGTH - 1].rstrip() + "…"


def facts_of(summary: ReplySummary) -> dict[str, Any]:
    """What the line under a reply says, in a form that can be kept."""
    return {
        "tokens": len(summary.token_ids),
        "tokens_per_second": summary.tokens_per_second,
        "tokens_per_step": summary.tokens_per_step,
        "seconds_to_first_token": summary.seconds_to_first_token,
        "seed": summary.seed,
        "finish_reason": summary.finish_reason.value,
        "speculation_on": summary.speculation.on,
        "speculation_why": summary.speculation.why,
        "drafter": summary.speculation.drafter,
    }


def footer(facts: dict[str, Any]) -> str:
    """The line under a reply."""
    if not facts:
        return ""
    tokens = facts["tokens"]
    parts = [f"{tokens:,} token{'' if tokens == 1 else 's'}"]
    if facts["tokens_per_second"] > 0:
        parts.append(f"{facts['tokens_per_second']:.1f} tok/s")
    parts.append(f"{facts['tokens_per_step']:.1f} per step")
    parts.append(f"first after {facts['seconds_to_first_token']:.2f} s")
    parts.append(f"seed {facts['seed']}")
    parts.append(f"speculation on: {drafter_words(facts['drafter'])}" if facts["speculation_on"] else "speculation off")
    return " · ".join(parts)


FOOTER_TIP = (
    "tok/s: tokens per second of decoding, the first step left out.\n"
    "per step: tokens committed by one pass of the target, its own token included.\n"
    "first after: seconds from the question to the first token."
)


def speculation_tip(facts: dict[str, Any]) -> str:
    """What the line under a reply means, and why speculation was on or off."""
    why = f"\nspeculation: {facts['speculation_why']}" if facts.get("speculation_why") else ""
    return FOOTER_TIP + why


ENDINGS = {
    FinishReason.LENGTH.value: "The reply reached its limit of tokens.",
    FinishReason.CONTEXT.value: "The context is full. Start a new chat, or plan a longer context.",
}
"""Why a reply ended, where a person would wonder."""
