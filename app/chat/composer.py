"""Where the person writes: one card with the text, the context meter and the button."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPlainTextEdit, QVBoxLayout, QWidget

from app.chat.context_meter import short_count
from app.style.buttons import IconButton
from app.style.theme import theme

MOST_LINES = 8


class _Field(QPlainTextEdit):
    """A text field as high as its text, up to a few lines. Signals: submitted, focus_changed."""

    submitted = Signal()
    focus_changed = Signal(bool)

    def __init__(self) -> None:
        super().__init__()
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setStyleSheet("QPlainTextEdit { background: transparent; border: none; padding: 0; }")
        self.document().setDocumentMargin(4)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTabChangesFocus(True)
        self.document().documentLayout().documentSizeChanged.connect(self.fit)

    def fit(self) -> None:
        line = self.fontMetrics().lineSpacing()
        # A plain text document measures itself in lines.
        lines = min(MOST_LINES, max(1, round(self.document().size().height())))
        self.setFixedHeight(lines * line + 2 * round(self.document().documentMargin()))
        overflows = self.document().size().height() > MOST_LINES
        policy = Qt.ScrollBarPolicy.ScrollBarAsNeeded if overflows else Qt.ScrollBarPolicy.ScrollBarAlwaysOff
        self.setVerticalScrollBarPolicy(policy)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if enter and not event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self.submitted.emit()
            return
        super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.focus_changed.emit(True)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.focus_changed.emit(False)


class Composer(QFrame):
    """Signals: send_wanted with the text; stop_wanted; edited with the text so far."""

    send_wanted = Signal(str)
    stop_wanted = Signal()
    edited = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("card", True)
        self._busy = False
        self.field = _Field()
        self.field.setPlaceholderText("Ask a question")
        self.field.setAccessibleName("Message")
        self._meter = QLabel()
        self._meter.setAccessibleName("Context used")
        self._button = IconButton("send", "Send (Enter)", px=16)
        self._button.set_primary(True)
        self._button.clicked.connect(self._press)
        self.field.submitted.connect(self._send)
        self.field.textChanged.connect(self._edit)
        self.field.focus_changed.connect(self._mark)
        self._lay_out()
        theme().changed.connect(self._dress)
        self._dress()
        self._edit()

    @property
    def text(self) -> str:
        return self.field.toPlainText()

    def set_text(self, text: str) -> None:
        self.field.setPlainText(text)

    def focus(self) -> None:
        self.field.setFocus()

    def set_busy(self, busy: bool) -> None:
        """Whether a reply is being written: the button then stops it."""
        self._busy = busy
        self._button.show_icon("stop" if busy else "send")
        self._button.say("Stop writing (Esc)" if busy else "Send (Enter)")
        self._edit()

    def set_used(self, tokens: int, context: int) -> None:
        """Show what the next question would take of the context."""
        over = context > 0 and tokens >= context
        self._meter.setText(f"{short_count(tokens)} / {short_count(context)}" if tokens >= 0 and context else "")
        self._meter.setToolTip(
            f"{tokens:,} of {context:,} tokens of the context"
            + (": too long. Shorten the message, start a new chat, or plan a longer context." if over else ".")
        )
        self._meter.setProperty("wrong", over)
        self._meter.setProperty("muted", not over)
        self._meter.style().polish(self._meter)

    def _lay_out(self) -> None:
        line = QHBoxLayout()
        line.setSpacing(8)
        line.addStretch(1)
        line.addWidget(self._meter)
        line.addWidget(self._button)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(4)
        column.addWidget(self.field)
        column.addLayout(line)

    def _dress(self) -> None:
        self.field.setFont(theme().font(15))
        self._meter.setFont(theme().font(11, mono=True))
        self.field.fit()

    def _edit(self) -> None:
        self._button.setEnabled(self._busy or bool(self.text.strip()))
        self.edited.emit(self.text)

    def _mark(self, focused: bool) -> None:
        self.setProperty("active", focused)
        self.style().polish(self)

    def _press(self) -> None:
        if self._busy:
            self.stop_wanted.emit()
        else:
            self._send()

    def _send(self) -> None:
        text = self.text
        if text.strip() and not self._busy:
            self.field.clear()
            self.send_wanted.emit(text)
