"""One turn on screen: who, what, and the line under it."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from app.chat.message_body import MessageBody
from app.chat.turn import NextStep, State, Turn, footer, speculation_tip
from app.style.buttons import IconButton
from app.style.theme import theme

RENDER_INTERVAL_MS = 125
NAMES = {"user": "You", "assistant": "Penjing", "system": "System"}


class MessageView(QWidget):
    """Signals: regenerate_wanted; next_wanted, with the step that helps after a reply that could not be finished."""

    regenerate_wanted = Signal()
    next_wanted = Signal(NextStep)

    def __init__(self, turn: Turn, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.turn = turn
        self._name = QLabel(NAMES.get(turn.role, turn.role))
        self.body = MessageBody()
        self._note = QLabel()
        self._note.setWordWrap(True)
        self._next = QPushButton(NextStep.LOAD)
        self._next.clicked.connect(lambda: self.next_wanted.emit(self.turn.next_step))
        self._footer = QLabel()
        self._footer.setProperty("muted", True)
        self._footer.setWordWrap(True)
        self._copy = IconButton("copy", "Copy this message")
        self._copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(turn.content))
        self._again = IconButton("refresh", "Write this reply anew")
        self._again.clicked.connect(self.regenerate_wanted)
        self._render = QTimer(self, interval=RENDER_INTERVAL_MS, singleShot=True)
        self._render.timeout.connect(self.body.advance)
        self._lay_out()
        theme().changed.connect(self._dress)
        self._dress()
        self.refresh()

    def add_text(self, text: str) -> None:
        """Add to the text; it is shown at the next of at most eight times a second."""
        self.body.add(text)
        if not self._render.isActive():
            self._render.start()
        self._show_line()

    def refresh(self) -> None:
        """Show the turn as it is now."""
        if self.turn.role == "user":
            self.body.set_plain(self.turn.content)
        elif self.body.content != self.turn.content:
            self.body.set_markdown(self.turn.content)
        elif not self.turn.busy:
            self._render.stop()
            self.body.advance()
        self._show_line()

    def set_last(self, last: bool) -> None:
        """Only the last reply can be written anew, and only it offers a next step."""
        self._last = last
        self._show_line()

    _last = False

    def _lay_out(self) -> None:
        trouble = QHBoxLayout()
        trouble.setSpacing(8)
        trouble.addWidget(self._note, 1)
        trouble.addWidget(self._next)
        line = QHBoxLayout()
        line.setSpacing(0)
        line.addWidget(self._footer, 1)
        line.addWidget(self._copy, 0, Qt.AlignmentFlag.AlignTop)
        line.addWidget(self._again, 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self._name)
        column.addWidget(self.body)
        column.addLayout(trouble)
        column.addLayout(line)

    def _dress(self) -> None:
        self._name.setFont(theme().font(13, bold=True))
        self._footer.setFont(theme().font(11))
        self._note.setFont(theme().font(13))

    def _show_line(self) -> None:
        turn = self.turn
        waiting = turn.busy and not turn.content
        note = turn.note or ("Reading the conversation." if waiting else "")
        self._note.setText(note)
        self._note.setProperty("wrong", turn.state is State.FAILED)
        self._note.setProperty("muted", turn.state is not State.FAILED)
        self._note.style().polish(self._note)
        self._note.setVisible(bool(note))
        self.body.setVisible(bool(turn.content))
        if turn.next_step is not NextStep.NONE:
            self._next.setText(turn.next_step)
        self._next.setVisible(self._last and turn.next_step is not NextStep.NONE)
        self._footer.setText(footer(turn.facts))
        self._footer.setToolTip(speculation_tip(turn.facts))
        replied = turn.role == "assistant" and not turn.busy
        self._footer.setVisible(replied)
        self._copy.setVisible(replied and bool(turn.content))
        self._again.setVisible(replied and self._last)
