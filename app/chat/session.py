"""The conversation on screen: asks the engine, takes its answer, keeps both. Knows no widgets."""

from __future__ import annotations

import random
from collections.abc import Callable
from itertools import count

from PySide6.QtCore import QObject, QTimer, Signal

from app.chat.keeper import Keeper
from app.chat.turn import ENDINGS, NEXT_STEPS, Chat, NextStep, State, Turn, facts_of, title_of
from app.settings.settings import Settings
from core.decoding.report import FinishReason, ReplySummary
from core.engine.messages import Failed, Generate

SAVE_INTERVAL_MS = 1000


class Session(QObject):
    """One open chat, and at most one reply in the writing, which may belong to a chat that is no longer open.

    Signals:
        opened: Another chat is open.
        turn_added, turn_changed: A turn of the open chat.
        text_added: Text was added to the last turn of the open chat.
        busy_changed: A reply was begun or has ended.
        load_wanted: A question waits for a model.
        asked: The engine is to write a reply.
        cancel_wanted: The engine is to end it.
    """

    opened = Signal()
    turn_added = Signal(Turn)
    turn_changed = Signal(Turn)
    text_added = Signal(str)
    busy_changed = Signal(bool)
    load_wanted = Signal()
    asked = Signal(Generate)
    cancel_wanted = Signal()

    def __init__(self, keeper: Keeper, settings: Callable[[], Settings], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.chat = Chat()
        self._keeper = keeper
        self._settings = settings
        self._ready = False
        self._writing: tuple[Chat, Turn, str] | None = None
        self._names = count(1)
        self._saving = QTimer(self, interval=SAVE_INTERVAL_MS)
        self._saving.timeout.connect(self._save_writing)

    @property
    def busy(self) -> bool:
        """Whether a reply is waited for or being written."""
        return self._writing is not None

    @property
    def writing_id(self) -> int | None:
        """The chat that a reply is being written in, by its number in the store."""
        return self._writing[0].id if self._writing is not None else None

    def new_chat(self) -> None:
        self.show_chat(Chat())

    def show_chat(self, chat: Chat) -> None:
        """Open a chat; the very one that a reply is being written in, if it is that."""
        writing = self._writing[0] if self._writing is not None else None
        self.chat = writing if writing is not None and chat.id is not None and writing.id == chat.id else chat
        self.opened.emit()

    def send(self, text: str) -> None:
        """Ask. Nothing happens while a reply is being written."""
        if self.busy or not text.strip():
            return
        if not self.chat.turns:
            self.chat.title = title_of(text)
        question = Turn("user", text.strip())
        self.chat.turns.append(question)
        self.turn_added.emit(question)
        reply = Turn("assistant")
        self.chat.turns.append(reply)
        self._begin(reply)
        self.turn_added.emit(reply)
        self._ask()

    def regenerate(self) -> None:
        """Write the last reply anew."""
        if self.busy or not self.chat.turns or self.chat.turns[-1].role != "assistant":
            return
        reply = self.chat.turns[-1]
        reply.content, reply.facts = "", {}
        self._begin(reply)
        self.turn_changed.emit(reply)
        self._ask()

    def stop(self) -> None:
        """End the reply being written, or the wait for one."""
        if self._writing is None:
            return
        if self._writing[1].state is State.WRITING:
            self._writing[1].note = "Stopping."
            self._show(self._writing[1])
        self.cancel_wanted.emit()
        if self._writing[1].state is State.WAITING:
            self._end(State.STOPPED, "Stopped before the model was loaded.")

    def set_ready(self, ready: bool) -> None:
        """Whether a model is loaded. A question that waits for one is asked then."""
        self._ready = ready
        if ready and self._writing is not None and self._writing[1].state is State.WAITING:
            self._ask()

    def explain_wait(self, sentence: str) -> None:
        """Say what the reply waits for."""
        if self._writing is not None and self._writing[1].state is State.WAITING:
            self._writing[1].note = sentence
            self._show(self._writing[1])

    def fail(self, what: str, remedy: str, next_step: NextStep) -> None:
        """The reply cannot be written."""
        self._end(State.FAILED, f"{what} {remedy}", next_step)

    def add_text(self, reply: str, text: str) -> None:
        if self._writing is None or self._writing[2] != reply:
            return
        chat, turn, _ = self._writing
        first = not turn.content
        turn.content += text
        if chat is self.chat:
            self.text_added.emit(text)
        if first:
            self._save_writing()

    def finish(self, reply: str, summary: ReplySummary) -> None:
        if self._writing is None or self._writing[2] != reply:
            return
        turn = self._writing[1]
        turn.facts = facts_of(summary)
        turn.content = summary.text
        if summary.finish_reason is FinishReason.CANCELLED:
            self._end(State.STOPPED, "Stopped.")
        else:
            self._end(State.COMPLETE, ENDINGS.get(summary.finish_reason.value, ""))

    def engine_failed(self, failure: Failed) -> None:
        """A command failed: the reply, or the load that it waits for."""
        if self._writing is None:
            return
        _, turn, name = self._writing
        if failure.reply == name or (not failure.reply and turn.state is State.WAITING):
            self.fail(failure.what, failure.remedy, NEXT_STEPS.get(failure.kind, NextStep.NONE))

    def engine_stopped(self, what: str, remedy: str) -> None:
        """The engine process has ended: what was received of a reply stays."""
        self._ready = False
        self._end(State.STOPPED, f"{what} {remedy}", NextStep.LOAD)

    def close(self) -> None:
        """Keep what there is of a reply: the window is about to close."""
        self._end(State.STOPPED, "Penjing was closed.")

    def _begin(self, turn: Turn) -> None:
        turn.state, turn.note, turn.next_step = State.WAITING, "", NextStep.NONE
        self._writing = (self.chat, turn, f"reply-{next(self._names)}")
        self._keeper.save(self.chat)
        self._saving.start()
        self.busy_changed.emit(True)

    def _ask(self) -> None:
        if self._writing is None:
            return
        if not self._ready:
            self.load_wanted.emit()
            return
        chat, turn, name = self._writing
        turn.state, turn.note = State.WRITING, ""
        self._show(turn)
        settings = self._settings()
        seed = random.getrandbits(32) if settings.random_seed else settings.seed
        self.asked.emit(
            Generate(
                reply=name,
                messages=chat.messages(settings.system_prompt),
                sampling=settings.sampling(seed),
                max_new_tokens=settings.max_new_tokens,
            )
        )

    def _end(self, state: State, note: str, next_step: NextStep = NextStep.NONE) -> None:
        if self._writing is None:
            return
        chat, turn, _ = self._writing
        self._writing = None
        self._saving.stop()
        turn.state, turn.note, turn.next_step = state, note, next_step
        self._keeper.save(chat)
        self._show(turn)
        self.busy_changed.emit(False)

    def _show(self, turn: Turn) -> None:
        if turn in self.chat.turns:
            self.turn_changed.emit(turn)

    def _save_writing(self) -> None:
        if self._writing is not None:
            self._keeper.save(self._writing[0])
