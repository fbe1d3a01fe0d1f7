"""The centre of the window: the transcript, and the composer under it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.chat.composer import Composer
from app.chat.context_meter import ContextMeter
from app.chat.session import Session
from app.chat.transcript import Transcript, reading_width
from app.chat.turn import NextStep
from app.settings.settings import Settings
from app.style.buttons import quiet_button
from app.style.theme import theme
from core.chat.message import Message

EXAMPLES = ("What does os.path.join do?", "What is heapq for?", "How does Penjing work?")


class _Empty(QWidget):
    """What an empty chat says. Signals: asked, with an example that was clicked."""

    asked = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._title = QLabel("Ask something")
        self._line = QLabel("The demo model knows the Python standard library and Penjing itself.")
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
    """Signals: next_wanted, with the step that helps after a reply that could not be finished."""

    next_wanted = Signal(NextStep)

    def __init__(
        self, session: Session, meter: ContextMeter, settings: Callable[[], Settings], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._meter = meter
        self._settings = settings
        self.composer = Composer()
        self.transcript = Transcript(session)
        self.empty = _Empty()
        self._frame = QWidget()
        self._lay_out()
        self.composer.send_wanted.connect(session.send)
        self.composer.stop_wanted.connect(session.stop)
        self.composer.edited.connect(self._count)
        self.empty.asked.connect(session.send)
        self.transcript.regenerate_wanted.connect(session.regenerate)
        self.transcript.next_wanted.connect(self.next_wanted)
        session.busy_changed.connect(self._set_busy)
        session.opened.connect(self._opened)
        session.turn_added.connect(self._show_place)
        meter.counted.connect(self.composer.set_used)
        theme().changed.connect(self._set_width)
        self._set_width()
        self._opened()

    def _lay_out(self) -> None:
        inner = QVBoxLayout(self._frame)
        inner.setContentsMargins(24, 0, 24, 16)
        inner.addWidget(self.composer)
        centred = QHBoxLayout()
        centred.addStretch(1)
        centred.addWidget(self._frame, 1000)
        centred.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.transcript, 1)
        column.addWidget(self.empty, 1)
        column.addLayout(centred)

    def _set_width(self) -> None:
        self._frame.setMaximumWidth(reading_width() + 48)

    def _set_busy(self, busy: bool) -> None:
        self.composer.set_busy(busy)
        self._count(self.composer.text)

    def _opened(self) -> None:
        self._show_place()
        self._count(self.composer.text)
        self.composer.focus()

    def _show_place(self) -> None:
        empty = not self._session.chat.turns
        self.empty.setVisible(empty)
        self.transcript.setVisible(not empty)

    def _count(self, text: str) -> None:
        messages = self._session.chat.messages(self._settings().system_prompt)
        question = (Message("user", text),) if text.strip() else ()
        self._meter.set_messages(messages + question)
