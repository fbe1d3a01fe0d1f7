"""What the window knows of a conversation: its turns as a tree of alternatives, and what became of each reply."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from app.chat.chat_settings import ChatSettings
from app.chat.writing import Writing
from app.language import tr
from core.chat.attachment import Attachment, attachments_of, quoted
from core.chat.conversation import StoredMessage
from core.chat.message import Message


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
    LOAD = tr("Load again")
    NEW_CHAT = tr("New chat")
    PLAN = tr("Change the plan")
    MODELS = tr("Choose a model")


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
        attachments: Files that the question came with.
        opens: The model is to see nothing of what came before this turn.
        parent: The turn that it follows.
        following: The alternatives that follow it; `shown` is the index of the one on screen.
        writing: How it was written, once that is known or was read.
        id: Its number in the store, once it is kept there.
        kept: Content and details as they were kept last. `kept_length`: how much of a growing content is kept.
    """

    role: str
    content: str = ""
    state: State = State.COMPLETE
    facts: dict[str, Any] = field(default_factory=dict)
    note: str = ""
    next_step: NextStep = NextStep.NONE
    attachments: tuple[Attachment, ...] = ()
    opens: bool = False
    parent: Turn | None = None
    following: list[Turn] = field(default_factory=list)
    shown: int = 0
    writing: Writing | None = None
    id: int | None = None
    kept: tuple[str, dict[str, Any]] | None = None
    kept_length: int = 0

    @property
    def busy(self) -> bool:
        return self.state in (State.WAITING, State.WRITING)

    @property
    def prompt(self) -> str:
        """What the model reads: the content with its attachments."""
        return quoted(self.content, self.attachments)

    @property
    def alternatives(self) -> list[Turn]:
        """The turns that follow the same one, itself among them, in the order in which they were begun."""
        return self.parent.following if self.parent is not None else [self]

    @property
    def path(self) -> list[Turn]:
        """The turns from the first to this one."""
        path = []
        turn: Turn | None = self
        while turn is not None and turn.parent is not None:
            path.append(turn)
            turn = turn.parent
        return path[::-1]

    @property
    def details(self) -> dict[str, Any]:
        """What is kept beside the content. A reply that is being written counts as stopped if nothing more is kept."""
        state = State.STOPPED if self.busy else self.state
        details: dict[str, Any] = {
            "state": state.value,
            "facts": dict(self.facts),
            "note": "" if self.busy else self.note,
        }
        if self.opens:
            details["opens"] = True
        if self.attachments:
            details["attachments"] = [{"name": entry.name, "text": entry.text} for entry in self.attachments]
        return details


@dataclass(eq=False)
class Chat:
    """A conversation.

    Attributes:
        start: What its first turns follow; not a turn itself.
        id: Its number in the store, once it is kept there.
    """

    title: str = ""
    settings: ChatSettings = field(default_factory=ChatSettings)
    start: Turn = field(default_factory=lambda: Turn("start"))
    id: int | None = None

    @property
    def turns(self) -> list[Turn]:
        """The turns on screen, from first to last."""
        path = []
        turn = self.start
        while turn.following:
            turn = turn.following[turn.shown]
            path.append(turn)
        return path

    @property
    def every_turn(self) -> Iterator[Turn]:
        """All turns, every alternative among them; each before what follows it."""
        waiting = list(reversed(self.start.following))
        while waiting:
            turn = waiting.pop()
            yield turn
            waiting += reversed(turn.following)

    def add(self, turn: Turn, after: Turn | None = None) -> Turn:
        """Add a turn after another, or as a first one, and show it."""
        turn.parent = after if after is not None else self.start
        turn.parent.following.append(turn)
        turn.parent.shown = len(turn.parent.following) - 1
        return turn

    def sent(self, answering: Turn | None = None) -> list[Turn]:
        """The turns that the model is to see: those on screen, or those that lead to the reply `answering`."""
        turns = self.turns if answering is None else answering.path
        first = max((index for index, turn in enumerate(turns) if turn.opens), default=0)
        return [turn for turn in turns[first:] if turn.prompt and not turn.busy]

    def messages(self, system_prompt: str, answering: Turn | None = None) -> tuple[Message, ...]:
        """What the model is to answer."""
        return as_messages(system_prompt, self.sent(answering))


def as_messages(system_prompt: str, turns: Iterable[Turn]) -> tuple[Message, ...]:
    """Turns as the model is to see them."""
    system = (Message("system", system_prompt),) if system_prompt.strip() else ()
    return system + tuple(Message(turn.role, turn.prompt) for turn in turns)


def chat_from_store(
    title: str, id: int, messages: Iterable[StoredMessage], settings: dict[str, Any] | None = None
) -> Chat:
    """A conversation as it was kept."""
    chat = Chat(title, ChatSettings.from_data(settings or {}), id=id)
    turns: dict[int | None, Turn] = {None: chat.start}
    for message in messages:
        turn = turn_from_store(message)
        turn.parent = turns.get(message.parent, chat.start)
        turn.parent.following.append(turn)
        if message.shown:
            turn.parent.shown = len(turn.parent.following) - 1
        turns[message.id] = turn
    return chat


def turn_from_store(message: StoredMessage) -> Turn:
    """A turn as it was kept; one without details is complete."""
    details = message.details or {}
    state, note = State(details.get("state", State.COMPLETE)), str(details.get("note", ""))
    if state is State.STOPPED and not note:
        note = tr("This reply was cut short.")
    turn = Turn(
        message.role,
        message.content,
        state,
        dict(details.get("facts", {})),
        note,
        attachments=attachments_of(details),
        opens=bool(details.get("opens")),
        id=message.id,
        kept_length=len(message.content),
    )
    turn.kept = (message.content, turn.details)
    return turn
