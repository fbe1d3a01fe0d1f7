"""Between the replies of chats and the tree panel: whose steps it shows, and that they are kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import version
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from app.arrangement import TREE
from app.chat.session import Reply
from app.chat.turn import Turn
from app.language import tr
from app.tree.history import History, pack
from core.chat.conversation import TracePiece
from core.decoding.report import ReplySummary, StepReport
from core.decoding.trace import Entry, TraceHead
from core.engine.messages import Generate

if TYPE_CHECKING:
    from app.window import MainWindow

PAUSE_MS = 100
"""After a chat is opened, until the tree of its last reply is read: the chat itself comes first."""

QUESTION = 60
"""Letters of a question that say which reply is shown."""


class TreeWiring(QObject):
    """Connects a window's tree panel with its session and what keeps the chats."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._reply: Reply | None = None
        self._found = False
        self._pause = QTimer(self, interval=PAUSE_MS, singleShot=True)
        self._pause.timeout.connect(self._show_last)
        window.session.opened.connect(self._opened)
        window.session.busy_changed.connect(self._note_busy)
        window.chat.transcript.step_wanted.connect(self._show_step)
        window.chat.transcript.tree_wanted.connect(lambda turn: self._show(turn, None))
        window.tree.text_chosen.connect(self._show_text)
        window.tree.seen.connect(self._show_last)

    def begin(self, request: Generate) -> None:
        """The engine is asked for the reply that the session waits for."""
        window = self._window
        self._reply = reply = window.session.reply
        if reply is None:
            return
        head = self._head(request)
        window.tree.begin_reply(reply.turn, head)
        # The conversation before the question is kept in the chat.
        self._keep([(reply.steps, replace(head, messages=head.messages[-1:]))])
        if not self._found:
            # Once, so that the tree is found; after that, the person's own choice of tab stands.
            self._found = True
            window.side.setCurrentIndex(TREE)

    def add_steps(self, steps: Sequence[StepReport]) -> None:
        """Show steps of the reply, and keep them."""
        if self._reply is None:
            return
        live = self._window.tree.live
        first = len(live)
        for report in steps:
            self._window.tree.add_step(report, self._reply.steps + report.step)
        pieces = [TracePiece(live.numbers[index], live.packed(index)) for index in range(first, len(live))]
        self._keep_pieces(self._reply.turn, pieces)

    def finish(self, summary: ReplySummary) -> None:
        """The reply is complete."""
        if self._reply is not None:
            self._window.tree.finish(summary)
            # Its text and its tokens are kept in the chat.
            self._keep([(self._reply.steps + len(self._window.tree.live), replace(summary, text="", token_ids=()))])

    def _head(self, request: Generate) -> TraceHead:
        """What a trace of a reply begins with."""
        target, draft = self._window.choice.target, self._window.choice.draft
        return TraceHead(
            penjing=version("penjing"),
            begun=datetime.now(UTC).isoformat(timespec="seconds"),
            target=target.name if target is not None else "",
            draft=draft.name if draft is not None else "",
            messages=request.messages,
            prompt=request.prompt,
            sampling=request.sampling,
        )

    def _keep(self, entries: Sequence[tuple[int, Entry]]) -> None:
        if self._reply is not None:
            self._keep_pieces(self._reply.turn, [TracePiece(number, pack(entry)) for number, entry in entries])

    def _keep_pieces(self, turn: Turn, pieces: Sequence[TracePiece]) -> None:
        limit = self._window.settings.current.trees_kept << 20
        if limit and pieces:
            self._window.keeper.keep_trace(turn, pieces, limit)

    def _note_busy(self, busy: bool) -> None:
        if not busy:
            self._reply = None
            self._window.tree.end_reply()

    def _opened(self) -> None:
        """Another chat: its last reply is shown, unless one is being written, which then is."""
        if not self._window.session.busy:
            self._window.tree.clear()
            self._pause.start()

    def _show_last(self) -> None:
        """Show how the open chat's last reply was guessed, where it is known and can be seen."""
        window = self._window
        tree, chat = window.tree, window.session.chat
        turn = next((turn for turn in reversed(chat.turns) if turn.role == "assistant"), None)
        if turn is None or tree.live.reply is not None or not tree.isVisible() or self._pause.isActive():
            return

        def show(history: History) -> None:
            if len(history) and window.session.chat is chat and tree.live.reply is None:
                tree.show_last(history)

        self._read(turn, show)

    def _show_step(self, turn: Turn, step: int) -> None:
        """Show the tree of the step that a clicked token is from."""
        self._show(turn, step)

    def _show(self, turn: Turn, step: int | None) -> None:
        """Show how a reply was guessed, from one of its steps on; None for as it comes."""
        tree = self._window.tree
        if tree.history.reply is not turn or not self._has(tree.history, step):
            if tree.live.reply is turn and self._has(tree.live, step):
                tree.show_live()
            else:
                self._read(turn, lambda history: self._show_kept(turn, history, step))
                return
        self._go(step)

    def _has(self, history: History, step: int | None) -> bool:
        return len(history) > 0 and (step is None or history.index_of(step) is not None)

    def _show_kept(self, turn: Turn, history: History, step: int | None) -> None:
        window = self._window
        if not self._has(history, step):
            window.tell(_why_not_kept(window.settings.current.trees_kept))
            return
        question = turn.parent.content if turn.parent is not None else ""
        line = " ".join(question.split())
        words = line if len(line) <= QUESTION else line[: QUESTION - 1] + "…"
        last = turn is window.session.chat.turns[-1] and not window.session.busy
        if last:
            window.tree.show_last(history)
        else:
            window.tree.show_earlier(history, tr("Reply to: {question}", question=words))
        self._go(step)

    def _go(self, step: int | None) -> None:
        window = self._window
        window.arrangement.show_side(TREE)
        index = window.tree.history.index_of(step) if step is not None else None
        if index is not None:
            window.tree.go(index)

    def _read(self, turn: Turn, done: Callable[[History], None]) -> None:
        tree = self._window.tree
        self._window.keeper.read_trace(turn, lambda pieces: tree.files.unpack(turn, pieces, done, tree.fail))

    def _show_text(self, turn: Turn, step: int, _: str) -> None:
        """Show what the step of a clicked node added to the chat."""
        window = self._window
        if turn in window.session.chat.turns:
            # The keyboard stays with the tree, which may be walked through node by node.
            window.arrangement.show_page(window.chat)
            window.chat.transcript.show_step(turn, step)


def _why_not_kept(limit: int) -> str:
    if limit == 0:
        return tr("The trees of replies are not kept: the settings say so.")
    return tr("The trees of this reply are not kept: it is from before they were, or others needed the room.")
