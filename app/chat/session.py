"""The conversation on screen: asks the engine, takes its answer, keeps both. Knows no widgets."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from app.chat.chat_settings import ChatSettings, Pair
from app.chat.facts import ENDINGS, facts_of, joined
from app.chat.keeper import Keeper
from app.chat.turn import NEXT_STEPS, Chat, NextStep, State, Turn
from app.chat.writing import Writing
from app.language import tr
from app.settings.settings import Settings
from core.chat.attachment import Attachment
from core.chat.conversation import title_of
from core.chat.message import Message
from core.decoding.report import FinishReason, ReplySummary, StepReport
from core.engine.messages import Failed, Generate

SAVE_INTERVAL_MS = 50
"""At most so much of a reply is lost if the program is killed, and what is still on its way from the engine."""


@dataclass(eq=False)
class Reply:
    """A reply in the writing.

    Attributes:
        name: What the engine knows it by.
        begun: What the turn had before, if it is continued; `facts` likewise.
        place: The letter of the turn that its steps have come to.
        steps: How many steps the turn had before.
    """

    chat: Chat
    turn: Turn
    name: str
    begun: str
    facts: dict[str, Any]
    place: int
    steps: int


class Session(QObject):
    """One open chat, and at most one reply in the writing, which may belong to a chat that is no longer open.

    Signals:
        opened: Another chat is open.
        path_changed: Other turns of the open chat are on screen now: one was added, or an alternative chosen.
        turn_changed: A turn of the open chat.
        text_added: To a turn of the open chat.
        settings_changed: The open chat's title or its own settings are others now.
        busy_changed: A reply was begun or has ended.
        load_wanted: A question waits for a model: for a Pair, or for whichever is chosen if None.
        asked: The engine is to write a reply.
        cancel_wanted: The engine is to end it.
    """

    opened = Signal()
    path_changed = Signal()
    turn_changed = Signal(Turn)
    text_added = Signal(Turn, str)
    settings_changed = Signal()
    busy_changed = Signal(bool)
    load_wanted = Signal(object)
    asked = Signal(Generate)
    cancel_wanted = Signal()

    def __init__(self, keeper: Keeper, settings: Callable[[], Settings], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.chat = Chat()
        self._keeper = keeper
        self._general = settings
        self._ready = False
        self._loaded: Pair | None = None
        self._writing: Reply | None = None
        self._names = count(1)
        self._saving = QTimer(self, interval=SAVE_INTERVAL_MS)
        self._saving.timeout.connect(self._save_writing)

    @property
    def busy(self) -> bool:
        """Whether a reply is waited for or being written."""
        return self._writing is not None

    @property
    def reply(self) -> Reply | None:
        """The reply that is waited for or being written."""
        return self._writing

    @property
    def writing_id(self) -> int | None:
        """The chat that a reply is being written in, by its number in the store."""
        return self._writing.chat.id if self._writing is not None else None

    @property
    def settings(self) -> Settings:
        """The general settings with the open chat's own in their places."""
        return self.chat.settings.over(self._general())

    def new_chat(self) -> None:
        self.show_chat(Chat())

    def show_chat(self, chat: Chat) -> None:
        """Open a chat; the very one that a reply is being written in, if it is that."""
        writing = self._writing.chat if self._writing is not None else None
        self.chat = writing if writing is not None and chat.id is not None and writing.id == chat.id else chat
        self.opened.emit()

    def send(self, text: str, attachments: Sequence[Attachment] = ()) -> None:
        """Ask. Nothing happens while a reply is being written."""
        text = text.strip()
        if self.busy or not (text or attachments):
            return
        turns = self.chat.turns
        if not turns:
            self.chat.title = title_of(text or attachments[0].name)
        question = self.chat.add(Turn("user", text, attachments=tuple(attachments)), turns[-1] if turns else None)
        self._answer(question)

    def edit(self, turn: Turn, text: str) -> None:
        """Put another text beside that of a turn, and ask anew if it is a question."""
        text = text.strip()
        if self.busy or not (text or turn.attachments) or text == turn.content:
            return
        other = Turn(turn.role, text, attachments=turn.attachments, opens=turn.opens)
        self.chat.add(other, turn.parent)
        if turn.role == "user":
            self._answer(other)
        else:
            self._keeper.save(self.chat)
            self.path_changed.emit()

    def regenerate(self, turn: Turn) -> None:
        """Write another reply beside a finished one."""
        if not self.busy and turn.role == "assistant" and turn.parent is not None:
            self._answer(turn.parent)

    def proceed(self, turn: Turn) -> None:
        """Have the last reply continued where it ends."""
        # How it was written until now is read first, so that the rest is added to it.
        self.read_writing(turn, lambda _: self._proceed(turn))

    def show(self, turn: Turn) -> None:
        """Show this one of its alternatives, with what follows it."""
        if turn.parent is None:
            return
        turn.parent.shown = turn.alternatives.index(turn)
        self._keeper.show(turn)
        self.path_changed.emit()

    def reveal(self, turn: Turn) -> None:
        """Put a turn on screen: show the alternatives that lead to it."""
        if turn in self.chat.turns:
            return
        for step in turn.path:
            if step.parent is not None and step.parent.following[step.parent.shown] is not step:
                step.parent.shown = step.alternatives.index(step)
                self._keeper.show(step)
        self.path_changed.emit()

    def open_at(self, turn: Turn) -> None:
        """Have the model see nothing of what came before a turn."""
        turn.opens = True
        self._keeper.save(self.chat)
        self.path_changed.emit()

    def reopen(self, turn: Turn) -> None:
        """Have the model see again what came before a turn."""
        turn.opens = False
        self._keeper.save(self.chat)
        self.path_changed.emit()

    def rename(self, title: str) -> None:
        """Give the open chat another title."""
        self.chat.title = title
        self.settings_changed.emit()

    def set_settings(self, settings: ChatSettings) -> None:
        """Give the open chat settings of its own."""
        self.chat.settings = settings
        if self.chat.id is not None:
            self._keeper.save(self.chat)
        self.settings_changed.emit()

    def stop(self) -> None:
        """End the reply being written, or the wait for one."""
        if self._writing is None:
            return
        turn = self._writing.turn
        if turn.state is State.WRITING:
            turn.note = tr("Stopping.")
            self._show(turn)
        self.cancel_wanted.emit()
        if turn.state is State.WAITING:
            self._end(State.STOPPED, tr("Stopped before the model was loaded."))

    def set_ready(self, ready: bool, loaded: Pair | None = None) -> None:
        """Whether a model is loaded, and which. A question that waits for one is asked then."""
        self._ready, self._loaded = ready, loaded
        if self._writing is not None and self._writing.turn.state is State.WAITING and self._can_write():
            self._ask()

    def explain_wait(self, sentence: str) -> None:
        """Say what the reply waits for."""
        if self._writing is not None and self._writing.turn.state is State.WAITING:
            self._writing.turn.note = sentence
            self._show(self._writing.turn)

    def fail(self, what: str, remedy: str, next_step: NextStep) -> None:
        """The reply cannot be written."""
        self._end(State.FAILED, f"{what} {remedy}", next_step)

    def add_text(self, reply: str, text: str) -> None:
        writing = self._writing
        if writing is None or writing.name != reply:
            return
        first = writing.turn.content == writing.begun
        writing.turn.content += text
        if writing.chat is self.chat:
            self.text_added.emit(writing.turn, text)
        if first:
            self._save_writing()

    def add_steps(self, reply: str, steps: Sequence[StepReport]) -> None:
        """Note how the text came about."""
        writing = self._writing
        if writing is None or writing.name != reply:
            return
        if writing.turn.writing is None:
            writing.turn.writing = Writing()
        for report in steps:
            writing.turn.writing.add(report, writing.place)
            writing.place += len(report.text)

    def finish(self, reply: str, summary: ReplySummary) -> None:
        writing = self._writing
        if writing is None or writing.name != reply:
            return
        model = self._loaded.words if self._loaded is not None else ""
        writing.turn.facts = joined(writing.facts, facts_of(summary, model))
        writing.turn.content = writing.begun + summary.text
        if summary.finish_reason is FinishReason.CANCELLED:
            self._end(State.STOPPED, tr("Stopped."))
        else:
            self._end(State.COMPLETE, ENDINGS.get(summary.finish_reason.value, ""))

    def engine_failed(self, failure: Failed) -> None:
        """A command failed: the reply, or the load that it waits for."""
        writing = self._writing
        if writing is None:
            return
        if failure.reply == writing.name or (not failure.reply and writing.turn.state is State.WAITING):
            self.fail(failure.what, failure.remedy, NEXT_STEPS.get(failure.kind, NextStep.NONE))

    def engine_stopped(self, what: str, remedy: str) -> None:
        """The engine process has ended: what was received of a reply stays."""
        self._ready = False
        self._end(State.STOPPED, f"{what} {remedy}", NextStep.LOAD)

    def close(self) -> None:
        """Keep what there is of a reply: the window is about to close."""
        self._end(State.STOPPED, tr("Penjing was closed."))

    def read_writing(self, turn: Turn, done: Callable[[Writing | None], None]) -> None:
        """How a reply was written; None if that is not known."""
        if turn.writing is not None or turn.busy:
            done(turn.writing)
            return

        def keep(writing: Writing | None) -> None:
            turn.writing = turn.writing or writing
            done(turn.writing)

        self._keeper.read_writing(turn, keep)

    def _answer(self, question: Turn) -> None:
        """Have a reply written to a turn, beside any that it has."""
        reply = self.chat.add(Turn("assistant"), question)
        self._begin(reply)
        self.path_changed.emit()
        self._ask()

    def _proceed(self, turn: Turn) -> None:
        turns = self.chat.turns
        if not self.busy and turn.role == "assistant" and turn.content and turns and turn is turns[-1]:
            self._begin(turn)
            self.turn_changed.emit(turn)
            self._ask()

    def _begin(self, turn: Turn) -> None:
        turn.state, turn.note, turn.next_step = State.WAITING, "", NextStep.NONE
        steps = len(turn.writing.nodes) if turn.writing is not None else 0
        name = f"reply-{next(self._names)}"
        self._writing = Reply(self.chat, turn, name, turn.content, turn.facts, len(turn.content), steps)
        self._keeper.save(self.chat)
        self._saving.start()
        self.busy_changed.emit(True)

    def _can_write(self) -> bool:
        """Whether what is loaded may write the reply."""
        pair = self._writing.chat.settings.pair if self._writing is not None else None
        return self._ready and pair in (None, self._loaded)

    def _ask(self) -> None:
        writing = self._writing
        if writing is None:
            return
        if not self._can_write():
            self.load_wanted.emit(writing.chat.settings.pair)
            return
        settings = writing.chat.settings.over(self._general())
        seed = random.getrandbits(32) if settings.random_seed else settings.seed
        # Taken while the turn counts as waited for, so that of a reply only what it continues is among them.
        messages = writing.chat.messages(settings.system_prompt, writing.turn)
        if writing.begun:
            messages = (*messages, Message("assistant", writing.begun))
        writing.turn.state, writing.turn.note = State.WRITING, ""
        self._show(writing.turn)
        self.asked.emit(
            Generate(
                reply=writing.name,
                messages=messages,
                sampling=settings.sampling(seed),
                max_new_tokens=settings.max_new_tokens,
            )
        )

    def _end(self, state: State, note: str, next_step: NextStep = NextStep.NONE) -> None:
        if self._writing is None:
            return
        chat, turn = self._writing.chat, self._writing.turn
        self._writing = None
        self._saving.stop()
        turn.state, turn.note, turn.next_step = state, note, next_step
        self._keeper.save(chat)
        self._keeper.keep_writing(turn)
        self._show(turn)
        self.busy_changed.emit(False)

    def _show(self, turn: Turn) -> None:
        if turn in self.chat.turns:
            self.turn_changed.emit(turn)

    def _save_writing(self) -> None:
        if self._writing is not None:
            self._keeper.extend(self._writing.turn)
