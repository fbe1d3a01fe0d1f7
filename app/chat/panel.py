"""The centre of the window: the chat's title and settings, the transcript, and the composer under it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLayout, QVBoxLayout, QWidget

from app.chat.chat_header import ChatHeader
from app.chat.composer import Composer
from app.chat.context_meter import ContextMeter, Count
from app.chat.context_offer import ContextOffer, LargerContext
from app.chat.session import Session
from app.chat.settings_panel import GENERAL, SettingsPanel
from app.chat.transcript import Transcript, reading_width
from app.chat.turn import NextStep, Turn, as_messages
from app.language import tr
from app.style.buttons import quiet_button
from app.style.theme import theme
from core.chat.attachment import Attachment
from core.chat.message import Message

EXAMPLES = ("What does os.path.join do?", "What is heapq for?", "How does Penjing work?")


class _Empty(QWidget):
    """What an empty chat says. Signals: asked, with an example that was clicked."""

    asked = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._title = QLabel(tr("Ask something"))
        self._line = QLabel(tr("The demo model knows the Python standard library and Penjing itself."))
        self._line.setProperty("muted", True)
        self._line.setWordWrap(True)
        self._line.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 24)
        column.setSpacing(8)
        column.addStretch(1)
        column.addWidget(self._title, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addWidget(self._line)
        column.addSpacing(8)
        self._examples = [quiet_button(text) for text in EXAMPLES]
        for text, button in zip(EXAMPLES, self._examples, strict=True):
            button.clicked.connect(partial(self.asked.emit, text))
            column.addWidget(button, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(1)
        theme().changed.connect(self._dress)
        self._dress()

    def set_demo(self, demo: bool) -> None:
        """Whether the demo model is chosen, which knows what the examples ask for."""
        self._line.setVisible(demo)
        for button in self._examples:
            button.setVisible(demo)

    def _dress(self) -> None:
        self._title.setFont(theme().font(20))


class ChatPanel(QWidget):
    """The open chat.

    Args:
        settings: Changes the open chat's own settings.
        larger: A context that holds so many tokens, if the model can have one.

    Signals:
        next_wanted: With the step that helps after a reply that could not be finished.
        larger_wanted: With the context that a question needs, which is then sent.
        refused: Something cannot be done: what is wrong, what to do.
    """

    next_wanted = Signal(NextStep)
    larger_wanted = Signal(int)
    refused = Signal(str, str)

    def __init__(
        self,
        session: Session,
        meter: ContextMeter,
        settings: SettingsPanel,
        larger: Callable[[int], LargerContext | None],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._meter = meter
        self._larger = larger
        self.settings = settings
        self.header = ChatHeader()
        self.composer = Composer()
        self.offer = ContextOffer()
        self.transcript = Transcript(session)
        self.empty = _Empty()
        self._frames = (QWidget(), QWidget())
        self.setAcceptDrops(True)
        self._lay_out()
        self._connect()
        self._set_width()
        self._opened()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        # A file may be let go anywhere on the chat.
        self.composer.dragEnterEvent(event)

    def dropEvent(self, event: QDropEvent) -> None:
        self.composer.dropEvent(event)
        self.composer.focus()

    def ask(self, text: str, attachments: Sequence[Attachment] = ()) -> None:
        """Send a question if it fits into the context; else say so, with what can be done."""
        chat = self._session.chat
        messages = self._messages(text, attachments)
        if self._meter.surely_fits(messages):
            self._send(text, attachments)
            return

        def decide(count: Count) -> None:
            if self._session.chat is not chat or self._session.busy:
                return
            if count.fits:
                self._send(text, attachments)
            else:
                self.offer.offer(count, self._larger(count.tokens + count.room))

        self._meter.count(messages, decide)

    def _connect(self) -> None:
        session, composer, offer = self._session, self.composer, self.offer
        composer.send_wanted.connect(self.ask)
        composer.stop_wanted.connect(session.stop)
        composer.edited.connect(self._edited)
        composer.refused.connect(self.refused)
        composer.field.earlier = self._asked_before
        self.empty.asked.connect(self.ask)
        self.transcript.next_wanted.connect(self.next_wanted)
        self.header.settings_wanted.connect(self.settings.setVisible)
        offer.drop_wanted.connect(self._drop_oldest)
        offer.larger_wanted.connect(self._take_larger)
        offer.new_wanted.connect(self._ask_anew)
        offer.closed.connect(self._close_offer)
        session.busy_changed.connect(self._set_busy)
        session.opened.connect(self._opened)
        session.path_changed.connect(self._show_place)
        session.settings_changed.connect(self._show_settings)
        self._meter.counted.connect(composer.set_used)
        theme().changed.connect(self._set_width)

    def _lay_out(self) -> None:
        below = QVBoxLayout(self._frames[1])
        below.setContentsMargins(24, 0, 24, 16)
        below.setSpacing(8)
        below.addWidget(self.offer)
        below.addWidget(self.composer)
        above = QVBoxLayout(self._frames[0])
        above.setContentsMargins(24, 0, 24, 0)
        above.addWidget(self.settings)
        self.settings.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.header)
        column.addLayout(_centred(self._frames[0]))
        column.addWidget(self.transcript, 1)
        column.addWidget(self.empty, 1)
        column.addLayout(_centred(self._frames[1]))

    def _set_width(self) -> None:
        for frame in self._frames:
            frame.setMaximumWidth(reading_width() + 48)

    def _set_busy(self, busy: bool) -> None:
        self.composer.set_busy(busy)
        self._count()

    def _opened(self) -> None:
        self.offer.hide()
        self._show_place()
        self._show_settings()
        self.composer.field.forget_place()
        self.composer.focus()

    def _show_place(self) -> None:
        empty = not self._session.chat.turns
        self.empty.setVisible(empty)
        self.transcript.setVisible(not empty)
        self._show_header()
        self._count()

    def _show_settings(self) -> None:
        self._show_header()
        self._count()

    def _show_header(self) -> None:
        words = self.settings.words
        self.header.show_chat(self._session.chat.title, words if words != GENERAL else "")

    def _edited(self) -> None:
        self.offer.hide()
        self._count()

    def _messages(self, text: str, attachments: Sequence[Attachment]) -> tuple[Message, ...]:
        """All that the model would see if this were asked."""
        question = Turn("user", text.strip(), attachments=tuple(attachments))
        turns = [*self._session.chat.sent(), *([question] if question.prompt else [])]
        return as_messages(self._session.settings.system_prompt, turns)

    def _count(self) -> None:
        attachments = self.composer.attachments
        self._meter.set_messages(
            self._messages(self.composer.text, attachments), [attachment.text for attachment in attachments]
        )

    def _send(self, text: str, attachments: Sequence[Attachment]) -> None:
        self.offer.hide()
        if text == self.composer.text:
            self.composer.clear()
        self._session.send(text, attachments)

    def _asked_before(self) -> list[str]:
        """The questions of this chat, the last one first."""
        asked = [turn.content for turn in reversed(self._session.chat.turns) if turn.role == "user"]
        return list(dict.fromkeys(text for text in asked if text))

    def _drop_oldest(self, count: int) -> None:
        sent = self._session.chat.sent()
        text, attachments = self.composer.text, list(self.composer.attachments)
        if count < len(sent):
            self._session.open_at(sent[count])
            self.ask(text, attachments)
        else:
            # The question is the first that the model is to see.
            self._send(text, attachments)
            self._session.open_at(self._session.chat.turns[-2])

    def _take_larger(self, context: int) -> None:
        text, attachments = self.composer.text, list(self.composer.attachments)
        self.larger_wanted.emit(context)
        self._send(text, attachments)

    def _ask_anew(self) -> None:
        text, attachments = self.composer.text, list(self.composer.attachments)
        self._session.new_chat()
        self.ask(text, attachments)

    def _close_offer(self) -> None:
        self.offer.hide()
        self.composer.focus()


def _centred(frame: QWidget) -> QLayout:
    line = QHBoxLayout()
    line.addStretch(1)
    line.addWidget(frame, 1000)
    line.addStretch(1)
    return line
